"""Networks for other runtimes: ONNX files."""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.blocks.top_channels import TopChannelsOnnx
from modsearch.models.fold import fold_batch_norm

INPUT_NAME, OUTPUT_NAME = "images", "logits"


def check_packages() -> None:
    """Raise ValueError where the packages for ONNX are not installed."""
    if find_spec("onnxscript") is None:
        raise ValueError("ONNX files need more packages: pip install 'modsearch[onnx]'.")


def to_onnx(model: nn.Module, image_size: int, path: Path, batch_size: int | None = None) -> None:
    """Write a network as an ONNX file: ``images`` (B, 3, image_size, image_size) -> ``logits`` (B, num_classes).

    Batch norm is folded, and the caller's model stays as it was. The weights lie in the file itself.

    Args:
        model: the network.
        image_size: pixels of a side.
        path: of the file.
        batch_size: B; None for any.

    Raises:
        ValueError: the packages for ONNX are not installed.
    """
    check_packages()
    folded = fold_batch_norm(model).cpu()
    for module in folded.modules():
        if isinstance(module, MoDBlock) and module.top is not None:
            module.top = TopChannelsOnnx(module.k)
    x_BCHW = torch.zeros(batch_size or 2, 3, image_size, image_size)  # torch takes a batch of one for a constant
    with torch.no_grad():
        torch.onnx.export(
            folded,
            (x_BCHW,),
            path,
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_shapes=({0: torch.export.Dim("batch")},) if batch_size is None else None,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
