"""Every distinct part of a space's networks, and the networks that are timed to learn its cost."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product

from modsearch.architecture import (
    Architecture,
    Block,
    Mask,
    Order,
    Part,
    Standard,
    arrange,
    block_part,
    network_family,
    run_part,
)
from modsearch.message import must_be
from modsearch.space import SearchSpace, Space

_MAX_PARTS = 5000
_NUM_LIGHT = 4  # blocks that are added to see what one costs: one alone is lost in the noise
_NUM_K = 4  # values of k that are timed in a stage; costs between them are interpolated
_DRAWS = 50  # a network, before a small space counts as used up


@dataclass(frozen=True)
class PartList:
    """The distinct parts of a space.

    Attributes:
        base: by family a network of standard blocks, as many as the space has in each stage.
        blocks: a block for each part that is no frame; for a run one that can stand in it.
    """

    base: Mapping[str, Architecture]
    blocks: Mapping[Part, Block]

    @property
    def parts(self) -> tuple[Part, ...]:
        """All of them, family by family, the frame first."""
        frames = [Part(family=family, kind="frame") for family in self.base]
        return tuple(part for frame in frames for part in (frame, *self._blocks_of(frame.family)))

    def networks(self) -> list[Architecture]:
        """The base networks, and for each part one that has it more often, or less often, than others.

        Of the values of k that a block of one form takes in a stage, four are picked at most.
        """
        found = list(self.base.values())
        ordered = sorted(self.blocks, key=lambda part: (form_of(part), part.k or 0))
        for _, group in groupby(ordered, key=form_of):
            found += [self._with(part) for part in _spread(list(group))]
        return list({network.id: network for network in found}.values())

    def _blocks_of(self, family: str) -> list[Part]:
        return [part for part in self.blocks if part.family == family]

    def _with(self, part: Part) -> Architecture:
        """A stage with one standard block only, or with some light blocks: among its standard ones, or as one run."""
        base, block = self.base[part.family], self.blocks[part]
        assert part.stage is not None
        stage: tuple[Block, ...] = (Standard(),)
        if not block.is_standard:
            order: Order = "early" if part.kind == "run" else "spread"
            mask = arrange(base.depths[part.stage], _NUM_LIGHT, order)
            stage = tuple(block if is_light else Standard() for is_light in mask)
        stages = (*base.stages[: part.stage], stage, *base.stages[part.stage + 1 :])
        return base.model_copy(update={"stages": stages})


def list_parts(space: Space) -> PartList:
    """The distinct parts of all networks of a space.

    Raises:
        ValueError: there are more than 5,000.
    """
    base: dict[str, Architecture] = {}
    blocks: dict[Part, Block] = {}
    for member in space.members.values():
        for widths in member.scaled_widths:
            depths = [max(mask.count(False) for mask in _masks(member, index)) for index in range(len(widths))]
            masks: tuple[Mask, ...] = tuple((False,) * depth for depth in depths)
            light = (next(member.blocks[0].blocks()),) * len(widths)
            network = Architecture.assemble(member.backbone, member.stem, widths, masks, light)
            base[network_family(network)] = network
            for part, block in _blocks(member, network):
                blocks.setdefault(part, block)
                if len(blocks) > _MAX_PARTS:
                    rule = f"of at most {_MAX_PARTS:,} distinct blocks for a latency table"
                    raise ValueError(must_be("space", rule, f"more, in {member.backbone}"))
    return PartList(base, blocks)


def draw_networks(space: Space, number: int, seed: int, taken: Sequence[Architecture] = ()) -> list[Architecture]:
    """Different networks of a space, drawn point by point, none of them among ``taken``; fewer if it has no more."""
    generator = random.Random(seed)
    seen = {architecture.id for architecture in taken}
    found: dict[str, Architecture] = {}
    for _ in range(_DRAWS * number):
        if len(found) == number:
            break
        network = space.decode(space.draw(generator))
        if network.id not in seen:
            found.setdefault(network.id, network)
    return list(found.values())


def _blocks(space: SearchSpace, base: Architecture) -> Iterator[tuple[Part, Block]]:
    """The parts of a family that are later blocks of a stage, some of them more than once, one form after the other."""
    family = network_family(base)
    for index, channels in enumerate(base.out_channels):
        masks = _masks(space, index)
        if any(mask.count(False) > 1 for mask in masks):
            yield block_part(family, index, Standard(), channels), Standard()
        if any(any(mask) for mask in masks):
            for block in (block for choices in space.blocks for block in choices.blocks()):
                if block.has_runs:
                    yield run_part(family, index), block
                yield block_part(family, index, block, channels), block


def _masks(space: SearchSpace, index: int) -> set[Mask]:
    """Where the light blocks of a stage can stand."""
    names = [f"stage{index}.{name}" for name in ("n_standard", "n_mod", "order")]
    choices: list[Sequence[int | str]] = [space.parameters[name].values for name in ("placement", *names)]
    points = (dict(zip(("placement", *names), values, strict=True)) for values in product(*choices))
    return {space.mask(point, index) for point in points}


def form_of(part: Part) -> tuple[str, int, str, str]:
    """What the parts share that differ in k alone."""
    return part.family, -1 if part.stage is None else part.stage, part.kind, part.form


def _spread(parts: Sequence[Part]) -> list[Part]:
    """The first, the last and what lies evenly between them."""
    if len(parts) <= _NUM_K:
        return list(parts)
    return [parts[round(rank * (len(parts) - 1) / (_NUM_K - 1))] for rank in range(_NUM_K)]
