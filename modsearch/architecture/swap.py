"""Swaps: the networks that lie one change of light blocks away from a network."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from modsearch.architecture.architecture import Architecture, Stage
from modsearch.architecture.block import Block

Change = Literal["moved", "added", "removed", "halved", "doubled"]

_Stages = tuple[Stage, ...]
_FACTORS: dict[Change, Fraction] = {"halved": Fraction(1, 2), "doubled": Fraction(2)}


@dataclass(frozen=True)
class Swap:
    """One change of a network.

    Attributes:
        change: a light block was ``moved``, ``added`` or ``removed``; or the size of light blocks, such as the c of MoD
            blocks, was ``halved`` or ``doubled``.
        stages: where, counted from 0: where it came from and went to, or all stages whose blocks have another size.
        size_name: what the size is called.
        architecture: what the network became.
    """

    change: Change
    stages: tuple[int, ...]
    size_name: str
    architecture: Architecture


def swaps(network: Architecture, blocks: Sequence[Block] = ()) -> Iterator[Swap]:
    """All single swaps of a network, each result once; those that its backbone cannot form are left out.

    A block that comes to a stage takes the form of those that are light there, if there are any. The size changes in
    all stages at once, and in each by itself.

    Args:
        network: with or without light blocks.
        blocks: what may be added to a network that has no light block.
    """
    light = [block for stage in network.stages for block in stage if not block.is_standard]
    seen = {network.id}
    for change, stages, changed in _changes(network.stages, list(dict.fromkeys(light or blocks))):
        with suppress(ValueError):  # of the backbone, which needs so many channels
            found = Architecture(backbone=network.backbone, stem=network.stem, widths=network.widths, stages=changed)
            if found.id not in seen:
                seen.add(found.id)
                yield Swap(change, stages, (light or blocks)[0].size_name, found)


def _changes(stages: _Stages, blocks: Sequence[Block]) -> Iterator[tuple[Change, tuple[int, ...], _Stages]]:
    removals = list(_removals(stages))
    for source, _, rest in removals:
        yield "removed", (source,), rest
    yield from _resized(stages)
    for source, block, rest in removals:
        for goal, changed in _insertions(rest, block):
            yield "moved", (source,) if source == goal else (source, goal), changed
    for block in blocks:
        for goal, changed in _insertions(stages, block):
            yield "added", (goal,), changed


def _removals(stages: _Stages) -> Iterator[tuple[int, Block, _Stages]]:
    for index, stage in enumerate(stages):
        for position, block in enumerate(stage):
            if not block.is_standard:
                yield index, block, _with(stages, index, (*stage[:position], *stage[position + 1 :]))


def _insertions(stages: _Stages, block: Block) -> Iterator[tuple[int, _Stages]]:
    """Behind each block of each stage."""
    for index, stage in enumerate(stages):
        own = next((other for other in stage if not other.is_standard), block)
        for position in range(1, len(stage) + 1):
            yield index, _with(stages, index, (*stage[:position], own, *stage[position:]))


def _resized(stages: _Stages) -> Iterator[tuple[Change, tuple[int, ...], _Stages]]:
    having = tuple(index for index, stage in enumerate(stages) if not all(block.is_standard for block in stage))
    for change, factor in _FACTORS.items():
        for chosen in (having, *((index,) for index in having)):
            with suppress(ValueError):  # of the block, which has no such size
                yield (
                    change,
                    chosen,
                    tuple(
                        tuple(block.resized(factor) for block in stage) if index in chosen else stage
                        for index, stage in enumerate(stages)
                    ),
                )


def _with(stages: _Stages, index: int, stage: Stage) -> _Stages:
    return (*stages[:index], stage, *stages[index + 1 :])
