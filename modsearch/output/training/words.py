"""The words about trainings in full: whatever shows them reads this."""

from collections.abc import Iterator

from modsearch.analysis import Difference, TrainedNetwork, TrainingInfo
from modsearch.output.quantity import show_change
from modsearch.record.training import Judged

ONE_TRAINING = "One training each: intervals cover the choice of images, not a training's luck."
READ_ONCE = "read once, at the end"
OPTIMISTIC = "which also chose the epoch: optimistic"


def training_lines(info: TrainingInfo) -> tuple[str, ...]:
    """What was judged, and what the chosen network gains on each other one: a short line each."""
    lines = [*_judged_lines(info), *(lead_line(info.chosen, other) for other in info.others)]
    return (*lines, ONE_TRAINING) if info.others else tuple(lines)


def images(judged: Judged, num: int) -> str:
    """Such as ``10,000 held-out images``."""
    return f"{num:,} {judged} image{'s' * (num != 1)}"


def judged_words(network: TrainedNetwork) -> str:
    """Such as ``Accuracy on 10,000 held-out images, read once, at the end``."""
    rest = {"held-out": f", {READ_ONCE}", "validation": f", {OPTIMISTIC}" if network.is_optimistic else ""}
    return f"Accuracy on {images(network.judged, network.accuracy.num_samples)}{rest[network.judged]}"


def lead_line(chosen: TrainedNetwork, other: TrainedNetwork) -> str:
    """Such as ``a against b: +1.1 points (+0.4 to +1.8), gains``."""
    names = f"{chosen.name} against {other.name}"
    if other.lead is None:
        return f"{names}: judged on different images, not compared"
    pairing = "" if other.lead.is_paired else ", unpaired"
    return (
        f"{names}: {show_change(other.lead.value, 'fraction')} ({lead_interval(other.lead)}), {other.verdict}{pairing}"
    )


def lead_interval(lead: Difference) -> str:
    """Such as ``+0.4 to +1.8``, in points."""
    return " to ".join(show_change(end, "fraction").removesuffix(" points") for end in (lead.low, lead.high))


def cut(name: str, width: int) -> str:
    """A name in so many characters at most; of a longer one both ends, which tell it from others."""
    if len(name) <= width:
        return name
    end = (width - 1) // 2
    return f"{name[: width - 1 - end]}…{name[len(name) - end :]}"


def _judged_lines(info: TrainingInfo) -> Iterator[str]:
    """One line where all networks were judged alike."""
    words = [judged_words(network) for network in info.networks]
    if len(set(words)) == 1:
        yield words[0]
        return
    for network, text in zip(info.networks, words, strict=True):
        yield f"{network.name}: {text[0].lower()}{text[1:]}"
