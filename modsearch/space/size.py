"""Size of a search space: how many different networks its points mean."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import product

from modsearch.architecture import Mask
from modsearch.space.parameter import Point
from modsearch.space.search_space import SearchSpace
from modsearch.space.space_union import Space

_Choices = tuple[frozenset[Hashable], ...]
"""What may stand in each stage, chosen independently of the other stages."""


def num_networks(space: Space) -> int:
    """The exact number of networks in a space of any size; no network is listed.

    Members of a space have no network in common, nor have widths. For given widths a network is its masks and, in each
    stage with light blocks, their form. The masks depend on the placement and the numbers of blocks, the forms on the
    rest of the point, so for each set of stages with light blocks the two are counted apart.
    """
    members = space.members.values()
    return sum(_num_networks(member, widths) for member in members for widths in member.scaled_widths)


def _num_networks(space: SearchSpace, widths: tuple[int, ...]) -> int:
    """The number of networks of one backbone and these widths."""
    masks, forms = list(_masks(space)), list(dict.fromkeys(_forms(space, widths)))
    total = 0
    for with_light in product((False, True), repeat=len(space.depths)):
        fitting = (
            tuple(
                frozenset(mask for mask in stage if any(mask) == has)
                for stage, has in zip(choices, with_light, strict=True)
            )
            for choices in masks
        )
        num_masks = _size_of_union([choices for choices in fitting if all(choices)])
        if num_masks:
            kept = [tuple(stage for stage, has in zip(choices, with_light, strict=True) if has) for choices in forms]
            total += num_masks * _size_of_union(kept)
    return total


def _masks(space: SearchSpace) -> Iterator[tuple[set[Mask], ...]]:
    """For each placement the masks that each stage can take."""
    for placement in space.placements:
        yield tuple(
            {space.mask({**point, "placement": placement}, index) for point in _stage_points(space, index)}
            for index in range(len(space.depths))
        )


def _stage_points(space: SearchSpace, index: int) -> Iterator[Point]:
    """Every choice of a stage's numbers and order."""
    names = [f"stage{index}.{name}" for name in ("n_standard", "n_mod", "order")]
    yield from _points(space, names)


def _forms(space: SearchSpace, widths: tuple[int, ...]) -> Iterator[_Choices]:
    """For each choice of what all stages share, the forms that the light blocks of each stage can take."""
    own = {name for choices in space.blocks for name in choices.names} | {"kind"}
    shared = [name for name in space.parameters if name in own]
    channels = [space.table.out_channels(width) for width in widths]
    for point in space.choices_of(shared):
        yield tuple(
            frozenset(
                tuple(sorted(space.block({**point, **own}, index).canonical(channels[index]).items()))
                for own in _points(space, _sizes(space, index))
            )
            for index in range(len(space.depths))
        )


def _sizes(space: SearchSpace, index: int) -> list[str]:
    """The parameters for the size of a stage's light blocks that are its own."""
    return [choices.size_key(index) for choices in space.blocks if choices.is_per_stage]


def _points(space: SearchSpace, names: Sequence[str]) -> Iterator[Point]:
    choices: list[Sequence[int | str]] = [space.parameters[name].values for name in names]
    for values in product(*choices):
        yield dict(zip(names, values, strict=True))


def _size_of_union(products: Sequence[_Choices]) -> int:
    """How many different rows the products of sets hold together.

    An element is marked with the products that it belongs to; a row lies in the union if its elements have a product in
    common, so it is enough to count the elements of each column by their marks.
    """
    different = list(dict.fromkeys(products))
    if all(len(column) == 1 for row in different for column in row):
        return len(different)
    counts = Counter({-1: 1})  # -1 has every bit
    for columns in zip(*different, strict=True):
        marks: dict[Hashable, int] = {}
        for number, column in enumerate(columns):
            for element in column:
                marks[element] = marks.get(element, 0) | 1 << number
        joined: Counter[int] = Counter()
        for (mark, count), (other, num) in product(counts.items(), Counter(marks.values()).items()):
            joined[mark & other] += count * num
        del joined[0]
        counts = joined
    return counts.total()
