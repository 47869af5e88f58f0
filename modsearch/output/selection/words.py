"""The words of a selector analysis, and what stands in each panel of its figure: whatever shows it reads this."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modsearch.analysis import BlockSelection, Information, MoDSlot, SelectionInfo
from modsearch.output.quantity import show_value

# Okabe and Ito's colours, which colour-blind readers can tell apart.
CLASS_COLOURS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LEAST_DRAWN_RATE = 0.05
_FEW_CHANNELS = 64
ALL_LINE, ALL_FILL = "#0072B2", "#CFE3F1"


@dataclass(frozen=True)
class SelectionPanel:
    """One block's pick rates in percent, its channels sorted by their rate over all classes.

    Attributes:
        heading: which block.
        note: whether its choice depends on image and class.
        channels: those that are drawn, most picked first.
        rates: over all classes.
        shares: of all picks, in percent.
        class_rates: of each chosen class.
        equal_rate: were all channels picked equally often.
    """

    heading: str
    note: str
    channels: tuple[int, ...]
    rates: tuple[float, ...]
    shares: tuple[float, ...]
    class_rates: tuple[tuple[float, ...], ...]
    equal_rate: float


def selection_panels(info: SelectionInfo) -> tuple[SelectionPanel, ...]:
    """One panel a block."""
    return tuple(_panel(block, info) for block in info.blocks)


def _panel(block: BlockSelection, info: SelectionInfo) -> SelectionPanel:
    order = block.channels_by_rate[: num_drawn(block, info.chosen)]
    return SelectionPanel(
        heading=f"{slot_name(block.slot)} · {block.slot.block.symbol}, {block.slot.k} of {block.slot.num_channels}",
        note=f"{verdict(block)}; {percent(block.tied)} tied" if block.tied else verdict(block),
        channels=tuple(order.tolist()),
        rates=tuple((100 * block.rate_C[order]).tolist()),
        shares=tuple((100 * block.share_C[order]).tolist()),
        class_rates=tuple(tuple((100 * block.rate_KC[label, order]).tolist()) for label in info.chosen),
        equal_rate=100 * block.slot.k / block.slot.num_channels,
    )


def num_drawn(block: BlockSelection, chosen: Sequence[int]) -> int:
    """How many channels are drawn: wide blocks hardly pick most of theirs, and the others would be a line."""
    rate_AC = np.vstack((block.rate_C, block.rate_KC[list(chosen)]))[:, block.channels_by_rate]
    seen = np.flatnonzero((rate_AC >= _LEAST_DRAWN_RATE).any(axis=0))
    return max(min(_FEW_CHANNELS, block.slot.num_channels), int(seen[-1]) + 1 if len(seen) else 0)


def class_colour(number: int) -> str:
    """The colour of the chosen class with this number; they begin again after six."""
    return CLASS_COLOURS[number % len(CLASS_COLOURS)]


def marker_size(num_channels: int) -> float:
    """Points across, so that dots of neighbouring channels do not run together."""
    return max(1.5, min(5.0, 260 / num_channels))


def selection_axes() -> tuple[str, str]:
    """The titles of the axes."""
    return "channels, most picked first", "images that pick it"


def slot_name(slot: MoDSlot) -> str:
    """Such as ``stage 2, block 1``."""
    return f"stage {slot.stage}, block {slot.index}"


def verdict(block: BlockSelection) -> str:
    """How many sets there are, and whether the choice depends on the image and on its class."""
    if block.num_sets == 1:
        return "the same set for every image"
    if block.depends_on_class:
        return f"{block.num_sets:,} sets, follow the class"
    return (
        f"{block.num_sets:,} sets, {'not by class' if block.set_information.is_known else 'too many to tell of class'}"
    )


def class_bits(found: Information) -> str:
    """What is told about the class."""
    return "?" if found.bits is None else f"{found.bits:.2f}"


def fixed_line(slot: MoDSlot) -> str:
    """What a block that selects nothing takes."""
    taken = {
        "random": f"the same {slot.k} of {slot.num_channels} channels, drawn once",
        "first": f"the first {slot.k} of {slot.num_channels} channels",
        "first_scored": f"the first {slot.k} of {slot.num_channels} channels, scaled by their scores",
    }
    text = f"all {slot.k} channels" if slot.k == slot.num_channels else taken[slot.block.selection]
    return f"{slot_name(slot)} ({slot.block.symbol}) takes {text} for every image."


def selection_title(info: SelectionInfo) -> str:
    """The headline."""
    return f"{info.study} {info.architecture.id}: which channels the selectors pick"


def selection_subtitle(info: SelectionInfo) -> str:
    """The line below the headline."""
    accuracy = show_value(info.accuracy, "fraction")
    images = f"{info.num_images:,} validation images of {len(info.class_names)} classes, {accuracy} of them right"
    return f"{info.architecture.describe()}: {images}"


def selection_warning(info: SelectionInfo) -> str:
    """What a reader must know before believing the figure; empty for a full study."""
    return "Smoke test: the network that was run has another width than this one" if info.is_smoke_test else ""


def selection_footnotes(info: SelectionInfo) -> tuple[str, ...]:
    """The lines below table and figure."""
    notes = []
    if info.hardly_selects:
        notes.append("Hardly a selection: at least half of the selectors pick the same channels for 95 % of images.")
    if any(block.tied for block in info.blocks):
        notes.append("Tied: the scores do not decide, as where no hidden unit is active, and the first channels win.")
    if any(num_drawn(block, info.chosen) < block.slot.num_channels for block in info.blocks):
        notes.append("In the figure, channels are cut off from where all rates stay below 5 %.")
    single = [slot_name(block.slot) for block in info.blocks if block.slot.num_hidden == 1]
    if single:
        notes.append(f"One hidden unit, which ranks channels alike for every image: {'; '.join(single)}.")
    return (*notes, *map(fixed_line, info.fixed))


def telling_channels(block: BlockSelection, chosen: Sequence[int], num: int) -> list[int]:
    """The channels whose pick rate differs most between a chosen class and all; without classes the most picked."""
    if not chosen:
        return block.channels_by_rate[:num].tolist()  # type: ignore[no-any-return]
    difference_C = np.abs(block.rate_KC[list(chosen)] - block.rate_C).max(axis=0)
    return np.argsort(-difference_C, kind="stable")[:num].tolist()  # type: ignore[no-any-return]


def percent(share: float) -> str:
    """Whole percents, but neither none nor all where there are some."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"
