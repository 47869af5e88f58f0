"""Fit: as much training as leaves time for enough networks."""

from dataclasses import dataclass, replace

from modsearch.space.draft.request import Request
from modsearch.space.draft.study import draft_study
from modsearch.space.draft.training import Training, trainings
from modsearch.space.spec import StudySpec

MIN_TRIALS = 20
"""Networks below which a front says little (our choice)."""
_WANTED, _LEAST, _MOST = 40, 10, 200  # networks


@dataclass(frozen=True)
class Cost:
    """What a network takes with one training.

    Attributes:
        measure_s: seconds of timing it; nothing else is done meanwhile.
        train_s: seconds of training its proxy.
        away_s: seconds of timing it on other machines, while others are trained.
    """

    measure_s: float
    train_s: float
    away_s: float = 0.0


@dataclass(frozen=True)
class Fit:
    """A study that fits the hours.

    Attributes:
        spec: the study.
        cost: what a network takes in it, as far as one can tell.
        num_in_time: networks that the hours are enough for; fewer than the budget's where it has the least.
        hours_needed: hours that would be enough for ``MIN_TRIALS``.
    """

    spec: StudySpec
    cost: Cost
    num_in_time: int
    hours_needed: float


def fit(request: Request, timed: Training, cost: Cost) -> Fit:
    """The study with the most training that leaves time for 40 networks, or with the least training there is.

    Args:
        request: what for.
        timed: the training that the cost is of.
        cost: what a usual network takes.
    """
    choices = trainings(request)
    costs = [_scaled(request, timed, cost, choice) for choice in choices]
    enough = (rank for rank, found in enumerate(costs) if _num_in_time(request, found) >= _WANTED)
    rank = next(enough, len(choices) - 1)
    num_in_time = _num_in_time(request, costs[rank])
    return Fit(
        spec=draft_study(request, choices[rank], min(_MOST, max(_LEAST, num_in_time))),
        cost=costs[rank],
        num_in_time=num_in_time,
        hours_needed=MIN_TRIALS * _trial_s(request, costs[rank]) / 3600,
    )


def _scaled(request: Request, timed: Training, cost: Cost, wanted: Training) -> Cost:
    return replace(cost, train_s=cost.train_s * wanted.work(request) / timed.work(request))


def _trial_s(request: Request, cost: Cost) -> float:
    """Seconds from one network to the next: workers train side by side, and none while a network is timed here."""
    return max(cost.measure_s + cost.train_s / request.num_workers, cost.away_s)


def _num_in_time(request: Request, cost: Cost) -> int:
    return int(3600 * request.hours / _trial_s(request, cost))
