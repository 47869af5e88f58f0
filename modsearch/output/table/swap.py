"""What single swaps of a network do, as JSON, as a table and in words."""

from collections import Counter
from collections.abc import Callable, Iterator
from math import exp
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from modsearch.analysis import BASES, SwapEffect, SwapInfo, Told
from modsearch.architecture import Swap, published_name
from modsearch.output.refined.term import count, show_points
from modsearch.space import metric

_MOST_ROWS = 24


def swap_json(info: SwapInfo) -> dict[str, Any]:
    """A JSON object; accuracies are fractions, costs ratios. ``effects`` are those of which something is known."""
    return {
        "id": info.architecture.id,
        "cost": info.cost.name,
        "margin": info.margin,
        "effects": [_effect_json(effect) for effect in info.effects],
        "num_unknown": info.num_unknown,
        "summary": list(swap_words(info)),
    }


def swap_table(info: SwapInfo) -> Table:
    """From the largest gain in accuracy to the largest loss; without those in the middle where there are many."""
    table = Table(title="Single swaps", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("swap", overflow="fold")
    for heading in ("accuracy", metric(info.cost.name).label.partition(" (")[0].partition(" / ")[0], "known"):
        table.add_column(heading, justify="right", no_wrap=True)
    num = len(info.effects)
    half = _MOST_ROWS // 2
    shown = range(num) if num <= _MOST_ROWS else [*range(half), *range(num - half, num)]
    for last, index in zip([-1, *shown], shown, strict=False):
        if index > last + 1:
            table.add_row(f"... {index - last - 1} between them")
        table.add_row(*_row(info.effects[index]))
    return table


def swap_words(info: SwapInfo) -> Iterator[str]:
    """What stands out, how the differences are known, and of which swaps nothing is."""
    if not info.effects and not info.num_unknown:
        yield "The study's space has no network that lies one swap away."
        return
    verdicts = Counter(effect.verdict for effect in info.effects)
    if info.effects:
        said = ", ".join(f"{verdicts[name]} {name}" for name in ("better", "worse", "equivalent", "inconclusive"))
        yield f"{count(len(info.effects), 'swap')}, adjusted for each other: {said}."
    bases = Counter(effect.accuracy.basis for effect in info.effects)
    if bases["predicted"]:
        known = ", ".join(f"{bases[basis]} {basis}" for basis in BASES if bases[basis])
        yield f"Accuracies: {known}. A prediction is of what one more training of both would show."
    if info.num_unknown:
        more = "more " * bool(info.effects)
        yield f"Nothing is known of {count(info.num_unknown, f'{more}swap')}: the search has scored too few networks."


def swap_name(swap: Swap) -> str:
    """Such as ``block moved from stage 1 to 2``, as stages are counted in the table of layers."""
    where = " to ".join(map(str, swap.stages))
    if swap.change == "moved":
        return f"block moved from stage {where}" if len(swap.stages) > 1 else f"block moved in stage {where}"
    if swap.change in ("added", "removed"):
        return f"block {swap.change} in stage {where}"
    return f"{swap.size_name} {swap.change}" + (f" in stage {where}" if len(swap.stages) == 1 else "")


def _row(effect: SwapEffect) -> tuple[str, ...]:
    network = effect.swap.architecture
    name = published_name(network) or network.id
    blocks = network.describe().partition("[")[2].removesuffix("]")
    low, high = (exp(end) for end in effect.log_cost.difference.interval())
    value, ends = show_points(effect.accuracy.difference)
    bases = dict.fromkeys((effect.accuracy.basis, effect.log_cost.basis))
    return (
        f"[bold]{swap_name(effect.swap)}[/]\n{name}\n{escape(blocks)}",
        f"{value}\n{ends}",
        f"{exp(effect.log_cost.difference.value):.3f}x\n{low:.3f}-{high:.3f}",
        "\n".join(bases),
    )


def _effect_json(effect: SwapEffect) -> dict[str, Any]:
    network = effect.swap.architecture
    return {
        "swap": swap_name(effect.swap),
        "change": effect.swap.change,
        "stages": list(effect.swap.stages),
        "id": network.id,
        "description": network.describe(),
        "published": published_name(network),
        "accuracy": _told_json(effect.accuracy, lambda value: value),
        "cost_ratio": _told_json(effect.log_cost, exp),
        "verdict": effect.verdict,
    }


def _told_json(told: Told, scale: Callable[[float], float]) -> dict[str, Any]:
    low, high = told.difference.interval()
    return {"value": scale(told.difference.value), "low": scale(low), "high": scale(high), "basis": told.basis}
