"""Selected channels: which ones a network selects, and which ones a file of it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from modsearch.bundle.config import Config
from modsearch.bundle.parity import run_all
from modsearch.bundle.runner import start
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.selector_nodes import selections


def selected_channels(model: nn.Module, pixels_NHWC: Tensor, config: Config) -> Tensor | None:
    """Whether the network selects each channel of each block that chooses; None where no block does.

    Returns:
        bool (N, channels of all these blocks).
    """
    blocks = _choosing(model)
    if not blocks:
        return None
    found: list[Tensor] = []
    hooks = [block.top.register_forward_hook(lambda _, __, top_Bk: found.append(top_Bk)) for block in blocks.values()]  # type: ignore[union-attr]

    def run(x_BCHW: Tensor) -> Tensor:
        found.clear()
        model(x_BCHW)
        return _marked(blocks, found)

    try:
        return run_all(run, pixels_NHWC, config)
    finally:
        for hook in hooks:
            hook.remove()


def selected_in(path: Path, runtime: str, model: nn.Module, pixels_NHWC: Tensor, config: Config) -> Tensor:
    """The same of an ONNX file of a network that chooses: of a copy whose selections are outputs.

    Raises:
        RuntimeError: the nodes of a selector were not found.
    """
    import onnx

    network = onnx.load(path)
    names = dict(selections(model, network.graph))
    int64 = onnx.TensorProto.INT64
    network.graph.output.extend(onnx.helper.make_tensor_value_info(name, int64, None) for name in names.values())
    blocks = _choosing(model)
    with TemporaryDirectory(prefix="modsearch-") as folder:
        copy = Path(folder) / path.name
        onnx.save(network, copy)
        run = start(runtime, copy, [names[block] for block in blocks])
        return run_all(lambda x_BCHW: _marked(blocks, run(x_BCHW)), pixels_NHWC, config)


def same_share(one_NC: Tensor, other_NC: Tensor) -> float:
    """Of the channels that one of them selects, the share that the other one does too."""
    return float((one_NC & other_NC).sum() / one_NC.sum())


def _choosing(model: nn.Module) -> dict[str, MoDBlock]:
    """The blocks that choose channels, by their paths, in the order of the network."""
    named = {path: module for path, module in model.named_modules() if isinstance(module, MoDBlock)}
    return {path: block for path, block in named.items() if block.top is not None}


def _marked(blocks: dict[str, MoDBlock], tops: list[Tensor]) -> Tensor:
    """From the indices of each block to marks of all channels."""
    marks = [
        torch.zeros(len(top_Bk), block.k + block.num_others, dtype=torch.bool).scatter_(1, top_Bk, True)
        for block, top_Bk in zip(blocks.values(), tops, strict=True)
    ]
    return torch.cat(marks, dim=1)
