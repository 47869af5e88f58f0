"""Tiny networks over the registries: every backbone x block kind x variant is tested by existing."""

import torch
from torch import Tensor, nn

from modsearch.architecture import BACKBONES, Architecture, Backbone, Block, MoD, Narrow, Standard
from modsearch.models import build
from modsearch.models.blocks.convnext import CNBlock

NUM_CLASSES = 5
_TINY_WIDTHS = {"mobilenet_v2": (8, 8, 16, 16, 16, 32, 32), "convnext": (32, 32, 64, 64)}
SELECTIONS = ("learned", "random", "first", "first_scored")
# every selection as the paper fuses, every other way to fuse, and without parts of the inner block
_MOD_FIELDS: dict[str, dict[str, object]] = {
    **{f"mod-{selection}": {"selection": selection} for selection in SELECTIONS},
    "mod-last": {"position": "last"},
    "mod-original": {"position": "original"},
    "mod-replace": {"rule": "replace"},
    "mod-last-replace": {"position": "last", "rule": "replace", "selection": "first_scored"},
    "mod-original-replace": {"position": "original", "rule": "replace"},
    "mod-random-original": {"position": "original", "selection": "random"},
    "mod-no_shortcut": {"inner_shortcut": False},
    "mod-no_relu": {"inner_relu": False},
}
VARIANTS: dict[str, dict[str, Block]] = {
    "standard": {"standard": Standard()},
    "mod": {name: MoD.model_validate({"c": 4, "reduction": 2, **fields}) for name, fields in _MOD_FIELDS.items()},
    "narrow": {f"narrow-{ratio}": Narrow(ratio=ratio) for ratio in ("1/2", "1/100")},
}


def _accepts(table: Backbone, block: Block) -> bool:
    try:
        block.check("block", table, 32)
    except ValueError:
        return False
    return True


CASES = [
    (table.name, variant)
    for table in BACKBONES.values()
    for blocks in VARIANTS.values()
    for variant, block in blocks.items()
    if _accepts(table, block)
]
KINDS = [
    (table.name, name)
    for table in BACKBONES.values()
    for name, block in (next(iter(blocks.items())) for blocks in VARIANTS.values())
    if _accepts(table, block)
]
STEMS = [(table.name, stem) for table in BACKBONES.values() for stem in table.stems]


def widths(backbone: str, num_stages: int | None = None) -> tuple[int, ...]:
    return _TINY_WIDTHS.get(backbone, (8, 16, 32, 32, 32))[: num_stages or min(BACKBONES[backbone].num_stages)]


def tiny(backbone: str, block: Block | str, stem: str = "cifar", num_stages: int | None = None) -> Architecture:
    """Per stage a standard block, then ``block``; a third, standard one in the last stage."""
    num_stages = num_stages or min(BACKBONES[backbone].num_stages)
    chosen = variant_block(block) if isinstance(block, str) else block
    stages = [(Standard(), chosen)] * (num_stages - 1) + [(Standard(), chosen, Standard())]
    return Architecture(backbone=backbone, stem=stem, widths=widths(backbone, num_stages), stages=tuple(stages))


def variant_block(name: str) -> Block:
    return next(variants[name] for variants in VARIANTS.values() if name in variants)


def smallest_image_size(network: Architecture) -> int:
    return network.table.min_image_size(network.stem, len(network.stages))


def image_size(network: Architecture) -> int:
    return max(16, smallest_image_size(network))


def build_tiny(architecture: Architecture, seed: int = 0) -> nn.Module:
    """In training mode, with norms and layer scales that do something in evaluation mode as well."""
    torch.manual_seed(seed)
    model = build(architecture, NUM_CLASSES, image_size(architecture))
    unsettle(model)
    return model


def unsettle(model: nn.Module) -> None:
    """Give norms statistics, scales and shifts, and ConvNeXt's blocks scales, that differ from channel to channel."""
    for module in model.modules():
        if isinstance(module, CNBlock):
            nn.init.uniform_(module.layer_scale, 0.5, 1.5)
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.5, 2)


def images(batch_size: int, size: int = 16, seed: int = 1) -> Tensor:
    return torch.randn(batch_size, 3, size, size, generator=torch.Generator().manual_seed(seed))
