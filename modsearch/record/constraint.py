"""Constraints: bounds on metrics that are known before training."""

from modsearch.architecture import Architecture
from modsearch.record.measurement import Score
from modsearch.space import StudySpec


def excesses(architecture: Architecture, score: Score, spec: StudySpec) -> dict[str, float]:
    """Metric -> how far a network lies above its bound, in the metric's unit; at most 0 where the bound is kept.

    The reference network is what others are compared with: it is never above a bound.
    """
    found = {
        constraint.metric: score.metrics[constraint.metric].value - constraint.max
        for constraint in spec.constraints
        if constraint.metric in score.metrics  # a restored score may have lost it
    }
    if architecture.id == spec.reference_architecture.id:
        return {name: min(0.0, excess) for name, excess in found.items()}
    return found


def violations(architecture: Architecture, score: Score, spec: StudySpec) -> list[str]:
    """The constraints that a network violates, in words."""
    over = {name for name, excess in excesses(architecture, score, spec).items() if excess > 0}
    return [
        f"{constraint.metric} is {score.metrics[constraint.metric].value:.6g}, over {constraint.max:.6g}"
        for constraint in spec.constraints
        if constraint.metric in over
    ]
