"""Torchvision's pretrained weights as a start for networks of the same families.

Block B of stage S, counted from 0, takes over torchvision's block in the same place. Our names <- torchvision's, where
F is a running number:

ResNet
    stem.0.{0,1}                             <- conv1, bn1
    stages.S.B.branch.{0,2,4}.{0,1}          <- layer{S+1}.B.{conv,bn}{1,2,3}
    stages.S.B.projection.{0,1}              <- layer{S+1}.B.downsample.{0,1}
    head                                     <- fc
VGG
    stages.S.B.0.{0,1}; behind a pool .1.    <- features.F, features.{F+1}
    head.{3,6,9}                             <- classifier.{0,3,6}
MobileNetV2
    stem.0.{0,1}                             <- features.0.{0,1}
    stages.S.B.branch.{0,2}.{0,1}, .4.{0,1}  <- features.F.conv.{0,1}.{0,1}, .{2,3}
    stages.0.B.branch.0.{0,1}, .2.{0,1}      <- features.F.conv.0.{0,1}, .{1,2}: nothing expands there
    head.0.{0,1}, head.5                     <- features.F.{0,1} of the last F, classifier.1
ConvNeXt
    stem.{0,1}                               <- features.0.{0,1}
    stages.S.0.{0,1} of S > 0                <- features.{2S}.{0,1}
    stages.S.B; .2 below it behind those     <- features.{2S+1}.B, that is
        depthwise, norm, pointwise.{0,2}         block.{0,2,3,5}
        layer_scale                              layer_scale
    head.{1,3}                               <- classifier.{0,2}
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from modsearch.architecture import Architecture, preset, published
from modsearch.message import must_be
from modsearch.models.pretrained_file import pretrained_weights

_Pairs = Iterator[tuple[str, str]]  # of modules: ours, torchvision's


@dataclass(frozen=True)
class Loaded:
    """What a network took over. Counts of batches, which decide nothing, are left out.

    Attributes:
        source: torchvision's name of the network that the weights are of.
        loaded: our names of the tensors that were taken over.
        missing: our names of those that keep their fresh weights.
        unused: torchvision's names of those that found no place.
    """

    source: str
    loaded: tuple[str, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]

    def summary(self) -> str:
        """One line: how many tensors, and which blocks stay fresh."""
        fresh = sorted({".".join(name.split(".")[: 3 if name.startswith("stages") else 1]) for name in self.missing})
        rest = f", {len(self.missing)} stay fresh ({', '.join(fresh)})" if fresh else ""
        return f"{len(self.loaded)} tensors of torchvision's {self.source}{rest}, {len(self.unused)} of its own unused"


def torchvision_source(architecture: Architecture, path: str = "fidelity.init") -> str:
    """Torchvision's name of its network that covers most blocks of this one; of several the smallest.

    Raises:
        ValueError: torchvision has no network with this backbone, stem and widths.
    """
    fitting = [network for network in published().values() if _is_form_of(network.architecture, architecture)]
    if not fitting:
        form = f"{architecture.backbone} with the {architecture.stem} stem and widths {list(architecture.widths)}"
        raise ValueError(must_be(path, f"random: torchvision has no {form}", "torchvision"))

    def rank(source: Architecture) -> tuple[int, int]:
        return sum(map(min, source.depths, architecture.depths)), -sum(source.depths)

    return max(fitting, key=lambda network: rank(network.architecture)).name


def start_from_torchvision(model: nn.Module, architecture: Architecture, path: str = "fidelity.init") -> Loaded:
    """Take over what fits of the torchvision network that fits best, downloaded where it is not there yet.

    Raises:
        ValueError: torchvision has no network of this form, or another file lies in the place of its weights.
        OSError: the weights cannot be downloaded.
    """
    source = torchvision_source(architecture, path)
    return load_torchvision(model, architecture, source, pretrained_weights(source))


def load_torchvision(
    model: nn.Module, architecture: Architecture, source: str, weights: Mapping[str, Tensor]
) -> Loaded:
    """Take over what fits by name and shape, slot by slot; MoD blocks and what does not fit keep their weights.

    Args:
        model: of ``architecture``; it is changed.
        architecture: the network.
        source: torchvision's name of the network that the weights are of.
        weights: its state dict.
    """
    theirs = dict(_PAIRS[architecture.backbone](architecture, preset(source).architecture))
    loaded: list[str] = []
    missing: list[str] = []
    used: set[str] = set()
    for name, tensor in _tensors(model.state_dict()).items():
        module, _, leaf = name.rpartition(".")
        their_name = f"{theirs.get(module)}.{leaf}"
        found = weights.get(their_name)
        if found is not None and leaf == "layer_scale":
            found = found.flatten()  # theirs is (C, 1, 1)
        if found is None or found.shape != tensor.shape:
            missing.append(name)
            continue
        with torch.no_grad():
            tensor.copy_(found)
        loaded.append(name)
        used.add(their_name)
    unused = tuple(name for name in _tensors(weights) if name not in used)
    return Loaded(source, tuple(loaded), tuple(missing), unused)


def _tensors(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in weights.items() if not name.endswith("num_batches_tracked")}


def _is_form_of(source: Architecture, architecture: Architecture) -> bool:
    """Whether a published network is one of torchvision's, and of the other's backbone and widths."""
    same = (source.backbone, source.stem, source.widths) == (
        architecture.backbone,
        architecture.stem,
        architecture.widths,
    )
    return same and source.stem == "imagenet" and source.num_light_blocks == 0


def _slots(architecture: Architecture, source: Architecture) -> Iterator[tuple[int, int]]:
    """Stage and index of the standard blocks that both networks have."""
    for stage, blocks in enumerate(architecture.stages):
        for index, block in enumerate(blocks[: source.depths[stage]]):
            if block.is_standard:
                yield stage, index


def _resnet(architecture: Architecture, source: Architecture) -> _Pairs:
    yield from (("stem.0.0", "conv1"), ("stem.0.1", "bn1"), ("head", "fc"))
    for stage, index in _slots(architecture, source):
        ours, theirs = f"stages.{stage}.{index}", f"layer{stage + 1}.{index}"
        for number in range(3):  # the third is a bottleneck's
            yield f"{ours}.branch.{2 * number}.0", f"{theirs}.conv{number + 1}"
            yield f"{ours}.branch.{2 * number}.1", f"{theirs}.bn{number + 1}"
        for part in (0, 1):
            yield f"{ours}.projection.{part}", f"{theirs}.downsample.{part}"


def _vgg(architecture: Architecture, source: Architecture) -> _Pairs:
    yield from (("head.3", "classifier.0"), ("head.6", "classifier.3"), ("head.9", "classifier.6"))
    for stage, index in _slots(architecture, source):
        first = 3 * (sum(source.depths[:stage]) + index) + stage  # three modules a unit, a pool a stage
        unit = 1 if index == 0 and stage else 0
        for part in (0, 1):
            yield f"stages.{stage}.{index}.{unit}.{part}", f"features.{first + part}"


def _mobilenet_v2(architecture: Architecture, source: Architecture) -> _Pairs:
    last = 1 + sum(source.depths)
    yield from (("stem.0.0", "features.0.0"), ("stem.0.1", "features.0.1"), ("head.5", "classifier.1"))
    yield from (("head.0.0", f"features.{last}.0"), ("head.0.1", f"features.{last}.1"))
    for stage, index in _slots(architecture, source):
        ours = f"stages.{stage}.{index}.branch"
        theirs = f"features.{1 + sum(source.depths[:stage]) + index}.conv"
        num_activated = 2 if stage else 1  # the first stage does not expand
        for number in range(num_activated):
            for part in (0, 1):
                yield f"{ours}.{2 * number}.{part}", f"{theirs}.{number}.{part}"
        for part in (0, 1):
            yield f"{ours}.{2 * num_activated}.{part}", f"{theirs}.{num_activated + part}"


def _convnext(architecture: Architecture, source: Architecture) -> _Pairs:
    yield from (("stem.0", "features.0.0"), ("stem.1", "features.0.1"))
    yield from (("head.1", "classifier.0"), ("head.3", "classifier.2"))
    for stage, index in _slots(architecture, source):
        ours, theirs = f"stages.{stage}.{index}", f"features.{2 * stage + 1}.{index}"
        if index == 0 and stage:
            yield from ((f"{ours}.{part}", f"features.{2 * stage}.{part}") for part in (0, 1))
            ours = f"{ours}.2"
        yield ours, theirs
        for name, number in (("depthwise", 0), ("norm", 2), ("pointwise.0", 3), ("pointwise.2", 5)):
            yield f"{ours}.{name}", f"{theirs}.block.{number}"


_PAIRS: dict[str, Callable[[Architecture, Architecture], _Pairs]] = {
    "resnet_basic": _resnet,
    "resnet_bottleneck": _resnet,
    "vgg_bn": _vgg,
    "mobilenet_v2": _mobilenet_v2,
    "convnext": _convnext,
}
