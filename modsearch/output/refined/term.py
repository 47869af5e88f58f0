"""How networks that were trained anew are called, and their differences written."""

from collections.abc import Iterable

from modsearch.analysis import Held, RefinedInfo, RefinedNetwork
from modsearch.architecture import published_name
from modsearch.output.quantity import show_change
from modsearch.record import Measurement, Planned
from modsearch.space import Fidelity, metric
from modsearch.statistic.contrast import Estimate


def cost_word(info: RefinedInfo) -> str:
    """Such as ``latency``, with its deployment if the study has several."""
    place = info.cost.name.partition("@")[2]
    word = metric(info.cost.name).label.partition(" / ")[0].partition(" (")[0]
    return f"{word} on {place}" if place else word


def network_name(network: RefinedNetwork | Planned) -> str:
    """Under which it was published, or its id."""
    return published_name(network.architecture) or network.id


def show_points(difference: Estimate) -> tuple[str, str]:
    """A difference and its interval: such as ``+0.8 points`` and ``+0.2 to +1.4``."""
    ends = (show_change(end, "fraction").removesuffix(" points") for end in difference.interval())
    return show_change(difference.value, "fraction"), " to ".join(ends)


def verdict_words(held: Held, margin: float) -> str:
    """The verdict; of an equivalence, within what."""
    return f"equivalent within {100 * margin:.1f} points" if held.verdict == "equivalent" else held.verdict


def show_to_settle(held: Held) -> str:
    """How many trainings would settle what is open: such as ``12``; ``none`` where no number would.

    It is ``>3`` for a difference that three would settle alone, but not among all others. Empty where it is settled.
    """
    if held.verdict != "inconclusive":
        return ""
    if held.num_to_settle is None:
        return "none"
    is_more = held.num_to_settle > held.num_replicates
    return f"{held.num_to_settle}" if is_more else f">{held.num_replicates}"


def show_fidelity(fidelity: Fidelity) -> str:
    """Such as ``8 epochs at 32 px``."""
    return f"{count(fidelity.epochs, 'epoch')} at {fidelity.image_size} px"


def count(num: int, what: str) -> str:
    """Such as ``1 network`` or ``3 networks``."""
    return f"{num} {what}{'s' * (num != 1)}"


def accuracy_of(found: Estimate) -> Measurement:
    """An accuracy with its interval, as far as it lies between 0 and 1."""
    low, high = found.interval()
    return Measurement(value=found.value, low=max(0.0, low), high=min(1.0, high), unit=metric("accuracy").unit)


def sorted_by_cost(networks: Iterable[RefinedNetwork]) -> list[RefinedNetwork]:
    """From low to high cost."""
    return sorted(networks, key=lambda network: (network.cost.value, network.id))
