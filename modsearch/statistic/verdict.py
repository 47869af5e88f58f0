"""Verdict: what an estimate says of a difference, and what several of them say together."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from modsearch.statistic.contrast import Estimate

Verdict = Literal["better", "worse", "equivalent", "inconclusive"]
LEVEL = 0.025
"""Of one side: how often a difference that is none is called better."""
_EQUIVALENCE_LEVEL = 0.05  # of each side of the two one-sided tests


def verdict(difference: Estimate, margin: float, level: float = LEVEL) -> Verdict:
    """Better or worse where it is told from 0, else equivalent where it is told to be smaller than the margin.

    Equivalence is that of two one-sided tests (Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987).
    """
    return told(difference, margin, (difference.above(0), difference.below(0)), level)


def told(difference: Estimate, margin: float, p_values: tuple[float, float], level: float = LEVEL) -> Verdict:
    """The same with p-values, of being above and below 0, that may be adjusted for others."""
    if p_values[0] <= level:
        return "better"
    if p_values[1] <= level:
        return "worse"
    is_smaller = max(difference.above(-margin), difference.below(margin)) <= _EQUIVALENCE_LEVEL
    return "equivalent" if is_smaller else "inconclusive"


def verdicts(differences: Sequence[Estimate], margin: float, level: float = LEVEL) -> list[Verdict]:
    """Of several differences, so that one false "better" among all of them, or "worse", is as rare as for a single."""
    above = holm([difference.above(0) for difference in differences])
    below = holm([difference.below(0) for difference in differences])
    return [told(one, margin, ps, level) for one, ps in zip(differences, zip(above, below, strict=True), strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for each other (Holm, Scand. J. Stat. 6, 1979)."""
    if not p_values:
        return []
    order = np.argsort(p_values)
    steps = (len(p_values) - np.arange(len(p_values))) * np.asarray(p_values)[order]
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return [float(value) for value in adjusted]
