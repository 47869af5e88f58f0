"""Networks for other runtimes: ONNX files."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.blocks.top_channels import TopChannelsOnnx
from modsearch.models.fold import fold_batch_norm

INPUT_NAME, OUTPUT_NAME = "images", "logits"
OPSET = 20
"""The first one with ``Gelu``; ONNX Runtime 1.23 and OpenVINO 2025.2 know it."""
_PATHS = "pkg.torch.onnx.stack_trace"  # metadata of a node: where the sources lie on this machine


def check_packages() -> None:
    """Raise ValueError where the packages for ONNX are not installed."""
    if find_spec("onnxscript") is None:
        raise ValueError("ONNX files need more packages: pip install 'modsearch[onnx]'.")


def to_onnx(
    model: nn.Module,
    image_size: int,
    path: Path,
    batch_size: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a network as an ONNX file: ``images`` (B, 3, image_size, image_size) -> ``logits`` (B, num_classes).

    Batch norm is folded, and the caller's model stays as it was. The weights lie in the file itself.

    Args:
        model: the network.
        image_size: pixels of a side.
        path: of the file.
        batch_size: B; None for any.
        metadata: what the file says of itself.

    Raises:
        ValueError: the packages for ONNX are not installed.
    """
    check_packages()
    write_onnx(onnx_form(model), image_size, path, batch_size, metadata)


def onnx_form(model: nn.Module) -> nn.Module:
    """A copy on the CPU with batch norm folded, whose selectors select by the node that ONNX has for it."""
    folded = fold_batch_norm(model).cpu()
    for module in folded.modules():
        if isinstance(module, MoDBlock) and module.top is not None:
            module.top = TopChannelsOnnx(module.k)
    return folded


def write_onnx(
    folded: nn.Module,
    image_size: int,
    path: Path,
    batch_size: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write what ``onnx_form`` gave; see ``to_onnx``."""
    x_BCHW = torch.zeros(batch_size or 2, 3, image_size, image_size)  # torch takes a batch of one for a constant
    with torch.no_grad():
        program = torch.onnx.export(
            folded,
            (x_BCHW,),
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            opset_version=OPSET,
            dynamic_shapes=({0: torch.export.Dim("batch")},) if batch_size is None else None,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # it is for the old exporter alone
    for node in program.model.graph:
        node.metadata_props.pop(_PATHS, None)
    program.model.metadata_props.update(metadata or {})
    program.save(path, external_data=False)
