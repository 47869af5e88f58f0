"""The space around a plain network: its widths, up to its depths, and MoD blocks beside its own blocks or for them."""

from math import ceil

from modsearch.architecture import PlacementName, Published, published
from modsearch.space.depth import Depth
from modsearch.space.search_space import SearchSpace

PLACEMENTS: tuple[PlacementName, ...] = ("none", "alternating", "every_third", "per_stage", "free")
_MOST_NUMBERS = 8  # of blocks to choose from, a kind and stage
_MOST_C = 64  # the paper's
_LEAST_SELECTED = 4  # channels that the largest c leaves a MoD block, where no published network has fewer
_NARROW = 64  # channels: below it the paper's reduction of 16 leaves a selector fewer than 4 hidden units
_NARROW_REDUCTION = 4


def space_around(network: Published) -> SearchSpace:
    """The networks around a plain published one, which is among them, and so is its published MoD form."""
    architecture = network.architecture
    depths = tuple(_depth_around(depth) for depth in architecture.depths)
    fields = {"reduction": (_NARROW_REDUCTION,)} if _is_narrow(network) else {}
    return SearchSpace.model_validate(
        {
            "backbone": architecture.backbone,
            "stem": architecture.stem,
            "widths": architecture.widths,
            "depths": depths,
            "placements": PLACEMENTS,
            "c": _choices_of_c(network),
            "selections": ("learned",),
            **fields,
        }
    )


def _depth_around(depth: int) -> Depth:
    """From half of the standard blocks to all of them, and up to as many MoD blocks as the other half had.

    A stage of a single block has no place for others.
    """
    half = ceil(depth / 2)
    most = half if half < _MOST_NUMBERS else depth // 2  # the MoD form's number is among them
    return Depth(standard=_numbers(half, depth), mod=_numbers(0, most if depth > 1 else 0))


def _numbers(low: int, high: int) -> tuple[int, ...]:
    """Whole numbers from ``low`` to ``high``, both among them, at about equal distances."""
    num_steps = min(high - low, _MOST_NUMBERS - 1)
    return tuple(low + (high - low) * step // num_steps for step in range(num_steps + 1)) if num_steps else (low,)


def _choices_of_c(network: Published) -> tuple[int, ...]:
    """Powers of two, from an eighth of the largest that suits the channels up to it, or to that of the MoD form."""
    table = network.architecture.table
    room = _least_channels(network) // max(_LEAST_SELECTED, table.min_selected)
    largest = min(_MOST_C, 2 ** (room.bit_length() - 1))
    least = max(2, largest // 8)
    powers = (2**exponent for exponent in range(_MOST_C.bit_length()))
    return tuple(c for c in powers if least <= c <= max(largest, _published_c(network)))


def _least_channels(network: Published) -> int:
    """Channels of the narrowest stage that can hold a MoD block."""
    architecture = network.architecture
    pairs = zip(architecture.out_channels, architecture.depths, strict=True)
    return min(channels for channels, depth in pairs if depth > 1)


def _published_c(network: Published) -> int:
    """c of the published MoD form; 0 where there is none."""
    form = published().get(f"{network.name}_mod")
    if form is None:
        return 0
    return next(int(block.c) for stage in form.architecture.stages for block in stage if block.kind == "mod")


def _is_narrow(network: Published) -> bool:
    return _least_channels(network) < _NARROW and not _published_c(network)
