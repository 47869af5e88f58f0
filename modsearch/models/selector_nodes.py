"""The nodes of an ONNX file that select channels, found by the paths of the modules that the exporter wrote down."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from modsearch.models.blocks.mod import MoDBlock

_SCOPES = "pkg.torch.onnx.name_scopes"  # metadata of a node: the modules around it, the outermost first, and the call
_LINEAR = frozenset({"Gemm", "MatMul"})


@dataclass(frozen=True)
class SelectorNodes:
    """The nodes by which one block scores, selects and weighs its channels.

    Attributes:
        block: path of the block in the network.
        names: from the mean over the pixels to the product with the scores.
        selected: the tensor of the indices of the selected channels, int64 (B, k), in any order; None where the
            block does not choose.
    """

    block: str
    names: tuple[str, ...]
    selected: str | None


def selector_nodes(model: nn.Module, graph: Any) -> list[SelectorNodes]:
    """Those of every block with a selector, in the order of the network.

    Args:
        model: the network that the file was made of.
        graph: of the ONNX file.

    Raises:
        RuntimeError: a part of a selector was not found: this torch writes other names.
    """
    scoped = [(node, _scopes(node)) for node in graph.node]
    blocks = [(path, module) for path, module in model.named_modules() if isinstance(module, MoDBlock)]
    return [_of_block(path, block, scoped) for path, block in blocks if block.selector is not None]


def _of_block(path: str, block: MoDBlock, scoped: list[tuple[Any, list[str]]]) -> SelectorNodes:
    """The nodes inside of selector and top-k, and those of the block itself that work on what these give.

    Where pixels of selected channels are gathered, and where a product with the scores is taken, the path ends.
    """
    found, tops, derived = [], [], set[str]()
    for node, scopes in scoped:
        within = [scope for scope in (f"{path}.selector", f"{path}.top") if scope in scopes]
        is_own = bool(scopes) and scopes[-1] == path and not derived.isdisjoint(node.input)
        if not within and (not is_own or _moves_pixels(node, derived)):
            continue
        found.append(node)
        tops += [node] if within == [f"{path}.top"] and node.op_type == "TopK" else []
        derived.update(() if node.op_type == "Mul" else node.output)
    _check(path, block, [node.op_type for node in found])
    selected = tops[0].output[1] if block.top is not None else None
    return SelectorNodes(path, tuple(node.name for node in found), selected)


def _moves_pixels(node: Any, derived: set[str]) -> bool:
    """Whether it gathers or scatters pixels by indices: these are whole numbers, and what is moved is no score."""
    return node.op_type in ("GatherElements", "ScatterElements") and node.input[0] not in derived


def _check(path: str, block: MoDBlock, kinds: list[str]) -> None:
    wanted = {"two linear layers": sum(kind in _LINEAR for kind in kinds) == 2, "Sigmoid": "Sigmoid" in kinds}
    wanted |= {"Mul": "Mul" in kinds, "TopK": block.top is None or "TopK" in kinds}
    missing = ", ".join(name for name, is_there in wanted.items() if not is_there)
    if missing:
        raise RuntimeError(f"The ONNX file lacks nodes of {path}.selector by their names: {missing}.")


def _scopes(node: Any) -> list[str]:
    """Paths of the modules around a node; none where it does not say."""
    stored = next((entry.value for entry in node.metadata_props if entry.key == _SCOPES), "[]")
    return [str(scope) for scope in ast.literal_eval(stored)][:-1]


def selections(model: nn.Module, graph: Any) -> Iterator[tuple[str, str]]:
    """Path of each block that chooses, and the tensor of the indices of its selected channels."""
    for found in selector_nodes(model, graph):
        if found.selected is not None:
            yield found.block, found.selected
