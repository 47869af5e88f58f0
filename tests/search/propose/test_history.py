"""The history keeps its sums up to date: they are what all networks together would give."""

import random

from hypothesis import given
from hypothesis import strategies as st

from modsearch.record import Measurement, Score, Trial
from modsearch.search.propose.history import History
from modsearch.statistic import dominates
from tests.conformance.tabulated import study_spec

SPEC = study_spec(constraints=[{"metric": "relative_latency", "max": 8}])
DRAW = random.Random(0)
POINTS = [{name: DRAW.choice(each.values) for name, each in SPEC.space.parameters.items()} for _ in range(100)]
DISTINCT = [each for each in dict.fromkeys(map(SPEC.space.decode, POINTS)) if each != SPEC.reference_architecture]
"""More than 20; no bound holds for the reference."""


def trial(number: int, accuracy: int, latency: int) -> Trial:
    values = {"accuracy": accuracy / 10, "relative_latency": float(latency)}
    score = Score(metrics={name: Measurement.exact(each, "") for name, each in values.items()})
    return Trial(number=number, state="complete", architecture=DISTINCT[number], score=score)


def values(each: Trial) -> tuple[float, ...]:
    assert each.score
    return each.score.values(SPEC.objectives)


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 10)), max_size=20))
def test_the_front_is_that_of_all_networks(points: list[tuple[int, int]]) -> None:
    """Small whole numbers, so that networks are equal, and some lie above the bound."""
    history, trials = History(SPEC), [trial(number, *point) for number, point in enumerate(points)]
    for each in trials:
        history.add(each)
    kept = [each for each in trials if values(each)[1] <= 8]
    expected = [
        each.number for each in kept if not any(dominates(values(x), values(each), SPEC.directions) for x in kept)
    ]
    assert [each.number for each in history.front] == expected
    assert len(history.judged) == len(points)
