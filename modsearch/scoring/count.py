"""Parameters and multiply-adds, of a network and of each of its blocks."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from modsearch.architecture import Architecture
from modsearch.models import build
from modsearch.record import Count, LayerRow, Profile

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # it scripts functions when imported, and torch.jit is deprecated
    from fvcore.nn import FlopCountAnalysis

_COUNTED = ("conv", "linear")


def count(model: nn.Module, image_size: int) -> Count:
    """Count a network for images of (1, 3, image_size, image_size)."""
    return _count(model, _analysis(model, image_size))


def _count(model: nn.Module, analysis: FlopCountAnalysis) -> Count:
    operators = analysis.by_operator()
    gmacs = sum(operators[name] for name in _COUNTED) / 1e9
    names = {name.removeprefix("aten::") for name in (*operators, *analysis.unsupported_ops())} - {*_COUNTED}
    uncounted = {name if name.endswith("__") else name.removesuffix("_") for name in names}  # in place or not
    return Count(num_params(model), gmacs, tuple(sorted(uncounted)))


def num_params(model: nn.Module) -> int:
    """Number of parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def profile(architecture: Architecture, num_classes: int, image_size: int) -> Profile:
    """Count a network as a whole and layer by layer."""
    model = build(architecture, num_classes, image_size)
    analysis = _analysis(model, image_size)
    layers = tuple(_layers(model, architecture, analysis, _output_shapes(model, image_size)))
    return Profile(architecture, num_classes, image_size, _count(model, analysis), layers)


def _layers(
    model: nn.Module, architecture: Architecture, analysis: FlopCountAnalysis, shapes: dict[str, tuple[int, ...]]
) -> list[LayerRow]:
    """A row for the stem, for each block and for the head, in the order of computation."""
    macs = analysis.by_module_and_operator()
    modules = dict(model.named_modules())

    def row(name: str, kind: str, path: str, c: str | None = None, k: int | None = None) -> LayerRow:
        gmacs = sum(macs[path].get(operator, 0) for operator in _COUNTED) / 1e9
        return LayerRow(name, kind, c, k, shapes[path], num_params(modules[path]), gmacs)

    rows = [row("stem", architecture.stem, "stem")]
    for stage, blocks in enumerate(architecture.stages):
        channels = architecture.out_channels[stage]
        for index, block in enumerate(blocks):
            path = f"stages.{stage}.{index}"
            rows.append(row(f"stage {stage} block {index}", block.kind, path, *block.detail(channels)))
    return [*rows, row("head", "linear", "head")]


def _analysis(model: nn.Module, image_size: int) -> FlopCountAnalysis:
    """fvcore's counter, silent: what it does not count is listed by ``count``."""
    with torch.no_grad(), _evaluation(model):
        analysis = FlopCountAnalysis(model, _image(model, image_size))
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
        analysis.total()
    return analysis


def _output_shapes(model: nn.Module, image_size: int) -> dict[str, tuple[int, ...]]:
    """Path of each module -> shape of what leaves it, without the batch."""
    shapes: dict[str, tuple[int, ...]] = {}
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, y, path=path: shapes.update({path: tuple(y.shape[1:])}))
        for path, module in model.named_modules()
    ]
    with torch.no_grad(), _evaluation(model):
        model(_image(model, image_size))
    for hook in hooks:
        hook.remove()
    return shapes


def _image(model: nn.Module, image_size: int) -> torch.Tensor:
    """One image where the model is."""
    return torch.zeros(1, 3, image_size, image_size, device=next(model.parameters()).device)


@contextmanager
def _evaluation(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, then each module's own mode as before."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
