"""Constraints: bounds on metrics that are known before training."""

from modsearch.architecture import Architecture
from modsearch.record.measurement import Score
from modsearch.space import StudySpec


def excesses(architecture: Architecture, score: Score, spec: StudySpec) -> dict[str, float]:
    """Metric -> how far a network lies above its bound, in the metric's unit; at most 0 where the bound is kept.

    The reference network is what others are compared with: it is never above a bound.
    """
    found = {
        each.metric: score.metrics[each.metric].value - each.max
        for each in spec.constraints
        if each.metric in score.metrics  # a restored score may have lost it
    }
    if architecture.id == spec.reference_architecture.id:
        return {name: min(0.0, excess) for name, excess in found.items()}
    return found


def violations(architecture: Architecture, score: Score, spec: StudySpec) -> list[str]:
    """The constraints that a network violates, in words."""
    over = {name for name, excess in excesses(architecture, score, spec).items() if excess > 0}
    return [
        f"{each.metric} is {score.metrics[each.metric].value:.6g}, over {each.max:.6g}"
        for each in spec.constraints
        if each.metric in over
    ]
