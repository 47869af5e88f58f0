"""Tiny networks over the registries: every backbone x block kind x variant is tested by existing."""

from typing import get_args

import torch
from torch import Tensor, nn

from modsearch.architecture import BACKBONES, Architecture, Block, MoD, Standard
from modsearch.models import build

NUM_CLASSES = 5
_TINY_WIDTHS = {"mobilenet_v2": (8, 8, 16, 16, 16, 32, 32), "convnext": (32, 32, 64, 64)}
SELECTIONS = get_args(MoD.model_fields["selection"].annotation)
VARIANTS: dict[str, dict[str, Block]] = {
    "standard": {"standard": Standard()},
    "mod": {f"mod-{each}": MoD(c=4, reduction=2, selection=each) for each in SELECTIONS},
}
CASES = [
    (backbone.name, variant)
    for backbone in BACKBONES.values()
    for kind in backbone.block_kinds
    for variant in VARIANTS[kind]
]
STEMS = [(backbone.name, stem) for backbone in BACKBONES.values() for stem in backbone.stems]


def widths(backbone: str, num_stages: int | None = None) -> tuple[int, ...]:
    return _TINY_WIDTHS.get(backbone, (8, 16, 32, 32, 32))[: num_stages or min(BACKBONES[backbone].num_stages)]


def tiny(backbone: str, block: Block | str, stem: str = "cifar", num_stages: int | None = None) -> Architecture:
    """Per stage a standard block, then ``block``; a third, standard one in the last stage."""
    num_stages = num_stages or min(BACKBONES[backbone].num_stages)
    chosen = _variant(block) if isinstance(block, str) else block
    stages = [(Standard(), chosen)] * (num_stages - 1) + [(Standard(), chosen, Standard())]
    return Architecture(backbone=backbone, stem=stem, widths=widths(backbone, num_stages), stages=tuple(stages))


def image_size(stem: str) -> int:
    return 16 if stem == "cifar" else 32


def build_tiny(architecture: Architecture, seed: int = 0) -> nn.Module:
    """In training mode, with batch norms that do something in evaluation mode as well."""
    torch.manual_seed(seed)
    model = build(architecture, NUM_CLASSES, image_size(architecture.stem))
    unsettle(model)
    return model


def unsettle(module: nn.Module) -> None:
    """Give batch norms statistics, scales and shifts that differ from channel to channel."""
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.normal_(std=0.2)
            norm.running_var.uniform_(0.5, 2)
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.2)


def images(batch_size: int, stem: str = "cifar", seed: int = 1) -> Tensor:
    size = image_size(stem)
    return torch.randn(batch_size, 3, size, size, generator=torch.Generator().manual_seed(seed))


def _variant(name: str) -> Block:
    return next(variants[name] for variants in VARIANTS.values() if name in variants)
