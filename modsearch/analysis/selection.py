"""What the selectors of one trained network do: pick rates, and whether they depend on the image and on its class."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modsearch.architecture import Architecture, MoD
from modsearch.message import must_be
from modsearch.record import BlockPicks, NetworkPicks, Selectivity, hardly_selects
from modsearch.space import StudySpec
from modsearch.statistic.information import Codes, Information, entropy_bits, information

Rates = NDArray[np.float64]


@dataclass(frozen=True)
class MoDSlot:
    """A MoD block and where it stands; stages and slots are counted from 0."""

    stage: int
    index: int
    block: MoD
    num_channels: int

    @property
    def k(self) -> int:
        """How many channels are picked."""
        return self.block.num_selected(self.num_channels)

    @property
    def num_hidden(self) -> int:
        """Hidden units of the selector: a single one that is active ranks the channels the same way for every image."""
        return self.block.num_hidden(self.num_channels)

    @property
    def selects(self) -> bool:
        """Whether it can pick another set for another image."""
        return self.block.selection == "learned" and self.k < self.num_channels


@dataclass(frozen=True, eq=False)
class BlockSelection:
    """What one block picked for N images of K classes.

    Attributes:
        slot: the block.
        rate_C: the share of the images for which each channel is picked; their sum is k.
        rate_KC: the same for the images of each class; NaN for a class without images.
        entropy_bits: of the share of all picks: log2 k where the set never changes, log2 C where all channels are
            picked equally often.
        num_sets: how many different sets there are.
        other_set: share of the images whose set is not the most common one.
        tied: share of the images for which the scores do not decide between a channel that was picked and one that was
            not, so that the lower index does; mostly because no hidden unit of the selector is active.
        overlap: the share of their picks that two images drawn at random have in common: 1 where the set never
            changes, 1/c where sets are drawn at random.
        set_information: of the set about the class.
        channel: the one whose pick tells most about the class.
        channel_information: of that pick about the class, with the best channel of shuffled labels for chance.
    """

    slot: MoDSlot
    rate_C: Rates  # noqa: N815
    rate_KC: Rates  # noqa: N815
    entropy_bits: float
    num_sets: int
    other_set: float
    tied: float
    overlap: float
    set_information: Information
    channel: int
    channel_information: Information

    @property
    def share_C(self) -> Rates:  # noqa: N802
        """Each channel's share of all picks, as in figure 4 of arXiv 2409.17016."""
        return self.rate_C / self.slot.k

    @property
    def selectivity(self) -> Selectivity:
        """As a training records it."""
        slot = self.slot
        return Selectivity(stage=slot.stage, index=slot.index, tied=self.tied, other_set=self.other_set)

    @property
    def never_picked(self) -> float:
        """Share of the channels that no image picks."""
        return float((self.rate_C == 0).mean())

    @property
    def entropy_range_bits(self) -> tuple[float, float]:
        """The least entropy, of a set that never changes, and the greatest."""
        return float(np.log2(self.slot.k)), float(np.log2(self.slot.num_channels))

    @property
    def depends_on_class(self) -> bool:
        """Whether set or best channel tell more about the class than they do about any of the shuffled labels."""
        return self.set_information.is_beyond_chance or self.channel_information.is_beyond_chance

    @property
    def channels_by_rate(self) -> NDArray[np.intp]:
        """The channels, most picked first."""
        return np.argsort(-self.rate_C, kind="stable")


@dataclass(frozen=True, eq=False)
class SelectionInfo:
    """What the selectors of one network do.

    Attributes:
        study: the study's name.
        architecture: the network.
        num_images: validation images that were run.
        accuracy: on these images.
        class_names: all classes.
        chosen: the classes to be shown beside all, as positions in ``class_names``.
        class_entropy_bits: of the images' classes: the most that a choice can tell about them.
        blocks: those that select.
        fixed: MoD blocks that always take the same channels.
        is_smoke_test: the network that was run has another width than the target.
    """

    study: str
    architecture: Architecture
    num_images: int
    accuracy: float
    class_names: tuple[str, ...]
    chosen: tuple[int, ...]
    class_entropy_bits: float
    blocks: tuple[BlockSelection, ...]
    fixed: tuple[MoDSlot, ...]
    is_smoke_test: bool

    @property
    def hardly_selects(self) -> bool:
        """Whether the selection hardly depends on the image."""
        return hardly_selects([block.selectivity for block in self.blocks])

    @property
    def chosen_names(self) -> tuple[str, ...]:
        """The names of the chosen classes."""
        return tuple(self.class_names[label] for label in self.chosen)


def mod_slots(architecture: Architecture) -> Iterator[MoDSlot]:
    """The MoD blocks of a network, in its order."""
    for stage, blocks in enumerate(architecture.stages):
        for index, block in enumerate(blocks):
            if isinstance(block, MoD):
                yield MoDSlot(stage, index, block, architecture.out_channels[stage])


def chosen_classes(given: Sequence[str], class_names: Sequence[str]) -> tuple[int, ...]:
    """The classes that a user names, as positions in ``class_names``; each once.

    Args:
        given: each the name of a class, or its number, or several with commas between them as in a line of CSV: a name
            that has commas stands in double quotes there. Names come before numbers.
        class_names: all classes.

    Raises:
        ValueError: there is no such class; the nearest is named. Or quotes do not close.
    """
    numbers = {str(number): number for number in range(len(class_names))}
    labels = numbers | {name: number for number, name in enumerate(class_names)}
    wanted = [name for text in given for name in ([text] if text in labels else _fields(text))]
    for choice in wanted:
        if choice not in labels:
            rule = f"one of the study's classes, by name or by number from 0 to {len(class_names) - 1}"
            raise ValueError(must_be("classes", rule, choice, class_names))
    return tuple(dict.fromkeys(labels[choice] for choice in wanted))


def _fields(text: str) -> list[str]:
    """The fields of a line of CSV without spaces around them; empty ones left out."""
    try:
        fields = [field.strip() for line in csv.reader([text], skipinitialspace=True, strict=True) for field in line]
    except csv.Error:
        rule = 'names with commas between them, those that have commas in double quotes: cat,"ship, large"'
        raise ValueError(must_be("classes", rule, text)) from None
    return [field for field in fields if field]


def selection_info(
    picks: NetworkPicks,
    architecture: Architecture,
    spec: StudySpec,
    chosen: Sequence[int] = (),
    on_block: Callable[[int, int], None] | None = None,
) -> SelectionInfo:
    """Everything that a table or a figure shows of the picks of one network.

    Args:
        picks: what was picked.
        architecture: the target network.
        spec: its study.
        chosen: classes to show beside all.
        on_block: called with blocks done and in all.

    Raises:
        ValueError: there is no image of a chosen class.
    """
    counts_K = np.bincount(picks.label_N, minlength=len(picks.class_names))
    for label in chosen:
        if not counts_K[label]:
            rule = f"enough for one of class {picks.class_names[label]!r}"
            raise ValueError(must_be("images", rule, len(picks.label_N)))
    slots = {(slot.stage, slot.index): slot for slot in mod_slots(picks.architecture)}
    codes, blocks = Codes(picks.label_N), []
    for block in picks.blocks:
        blocks.append(_block(slots.pop((block.stage, block.index)), block, codes, len(counts_K)))
        if on_block is not None:
            on_block(len(blocks), len(picks.blocks))
    return SelectionInfo(
        study=spec.name,
        architecture=architecture,
        num_images=len(picks.label_N),
        accuracy=picks.accuracy,
        class_names=picks.class_names,
        chosen=tuple(chosen),
        class_entropy_bits=entropy_bits(counts_K),
        blocks=tuple(blocks),
        fixed=tuple(slots.values()),
        is_smoke_test=spec.fidelity.is_smoke_test,
    )


def _block(slot: MoDSlot, picks: BlockPicks, labels: Codes, num_classes: int) -> BlockSelection:
    picked_NC = picks.picked_NC
    rate_C = picked_NC.mean(axis=0)
    packed_NP = np.packbits(picked_NC, axis=1)
    _, set_N, size_S = np.unique(packed_NP, axis=0, return_inverse=True, return_counts=True)
    of_set, of_channel, channel = information(labels, set_N.ravel(), picked_NC)
    return BlockSelection(
        slot=slot,
        rate_C=rate_C,
        rate_KC=_rates(picked_NC, labels.code_N, num_classes),
        entropy_bits=entropy_bits(picked_NC.sum(axis=0)),
        num_sets=len(size_S),
        other_set=1 - int(size_S.max()) / len(picked_NC),
        tied=float(picks.is_tied_N.mean()),
        overlap=float((rate_C**2).sum() / slot.k),
        set_information=of_set,
        channel=channel,
        channel_information=of_channel,
    )


def _rates(picked_NC: NDArray[np.bool_], label_N: NDArray[np.int64], num_classes: int) -> Rates:
    """Pick rates by class; NaN where a class has no image."""
    rate_KC = np.full((num_classes, picked_NC.shape[1]), np.nan)
    for label in np.unique(label_N):
        rate_KC[label] = picked_NC[label_N == label].mean(axis=0)
    return rate_KC
