"""Networks in fewer bits, as ONNX files: 8-bit integers, or 16-bit floats. Selectors score in 32 bits in both.

Of rounded scores many are equal, and the index would decide: so what scores, selects and weighs channels stays as it
is.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from modsearch.machine import int8_saturates
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.export import INPUT_NAME, check_packages, onnx_form, write_onnx
from modsearch.models.selector_nodes import selector_nodes

_BATCH = 32  # calibration images that run at a time, where the file takes any number


def check_quantiser() -> None:
    """Raise ValueError where the packages that quantise are not installed."""
    check_packages()
    if find_spec("onnxruntime") is None:
        raise ValueError("INT8 needs more packages: pip install 'modsearch[onnx]'.")


def to_int8(
    model: nn.Module,
    x_NCHW: Tensor,
    path: Path,
    batch_size: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a network as an ONNX file of 8-bit integers: float32 ``images`` go in, and float32 ``logits`` come out.

    ONNX Runtime's static quantisation: each convolution's weights have a scale a channel, activations one a tensor, by
    the lowest and highest value that the images give. Weights have 7 bits where this processor's sums overflow else.
    Batch norm is folded, and the caller's model stays as it was.

    Args:
        model: the network.
        x_NCHW: images in float32 to calibrate with, as many as there are; a whole number of batches.
        path: of the file.
        batch_size: B; None for any.
        metadata: what the file says of itself.

    Raises:
        ValueError: the packages for ONNX are not installed.
        RuntimeError: the nodes of a selector were not found.
    """
    check_quantiser()
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    folded = _out_of_place(onnx_form(model))
    with TemporaryDirectory(prefix="modsearch-") as folder:
        given, shaped = Path(folder) / "float.onnx", Path(folder) / "shaped.onnx"
        write_onnx(folded, x_NCHW.shape[-1], given, batch_size, metadata)
        in_float = selector_nodes(folded, onnx.load(given).graph)
        quant_pre_process(given, shaped, skip_optimization=True, skip_symbolic_shape=True)  # names stay
        quantize_static(
            shaped,
            path,
            _Reader(x_NCHW, batch_size or _BATCH),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=int8_saturates(),
            # eight bits of logits would let two classes tie
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
            nodes_to_exclude=[name for nodes in in_float for name in nodes.names],
        )


def to_half(model: nn.Module, image_size: int, path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a network as an ONNX file of 16-bit floats: float32 ``images`` go in, and float32 ``logits`` come out.

    It takes any batch size. Batch norm is folded, and the caller's model stays as it was.

    Raises:
        ValueError: the packages for ONNX are not installed.
    """
    check_packages()
    halved = _out_of_place(onnx_form(model)).half()
    for module in halved.modules():
        if isinstance(module, MoDBlock) and module.selector is not None:
            module.selector.float().register_forward_pre_hook(_to_float)
    halved.register_forward_pre_hook(lambda _, given: (given[0].half(),))
    halved.register_forward_hook(lambda _, __, logits_BC: logits_BC.float())
    write_onnx(halved, image_size, path, metadata=metadata)


def _to_float(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (given[0].float(),)


def _out_of_place(folded: nn.Module) -> nn.Module:
    """Let MoD blocks add to a padded result. In place is a scatter in ONNX, which knows no 8 bits: 20 % slower."""
    for module in folded.modules():
        if isinstance(module, MoDBlock):
            module.works_in_place = False
    return folded


class _Reader:
    """Hands the images over, batch by batch."""

    def __init__(self, x_NCHW: Tensor, batch_size: int) -> None:
        self._batches = iter(torch.split(x_NCHW, batch_size))

    def get_next(self) -> dict[str, object] | None:
        """The next ones; None after the last."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT_NAME: batch.numpy()}
