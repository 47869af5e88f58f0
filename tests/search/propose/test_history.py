"""The history keeps its sums up to date: they are what all networks together would give."""

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from modsearch.record import Measurement, Score, Trial
from modsearch.search import LocalExecutor, RunPlace, open_run
from modsearch.search.propose.history import History
from modsearch.statistic import dominates
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

SPEC = study_spec(constraints=[{"metric": "relative_latency", "max": 8}])
DRAW = random.Random(0)
POINTS = [
    {name: DRAW.choice(parameter.values) for name, parameter in SPEC.space.parameters.items()} for _ in range(100)
]
DISTINCT = [
    network for network in dict.fromkeys(map(SPEC.space.decode, POINTS)) if network != SPEC.reference_architecture
]
"""More than 20; no bound holds for the reference."""


def trial(number: int, accuracy: int, latency: int) -> Trial:
    values = {"accuracy": accuracy / 10, "relative_latency": float(latency)}
    score = Score(metrics={name: Measurement.exact(value, "") for name, value in values.items()})
    return Trial(number=number, state="complete", architecture=DISTINCT[number], score=score)


def values(candidate: Trial) -> tuple[float, ...]:
    assert candidate.score
    return candidate.score.values(SPEC.objectives)


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 10)), max_size=20))
def test_the_front_is_that_of_all_networks(points: list[tuple[int, int]]) -> None:
    """Small whole numbers, so that networks are equal, and some lie above the bound."""
    history, trials = History(SPEC), [trial(number, *point) for number, point in enumerate(points)]
    for candidate in trials:
        history.add(candidate)
    kept = [candidate for candidate in trials if values(candidate)[1] <= 8]
    expected = [
        candidate.number
        for candidate in kept
        if not any(dominates(values(x), values(candidate), SPEC.directions) for x in kept)
    ]
    assert [member.number for member in history.front] == expected
    assert len(history.judged) == len(points)


def test_a_trial_of_another_replicate_settles_nothing(tmp_path: Path) -> None:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": 2}), evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        first, _ = (trial for trial in study.trials() if trial.state == "complete" and not trial.is_repeat)
        assert first.architecture is not None
        assert first.task == study.task(first.architecture).key
        asked = study.optuna_study.ask()
        other = study.spec.space.costliest()
        asked.set_user_attr("architecture", other.model_dump(mode="json"))
        asked.set_user_attr("task", study.task(other).model_copy(update={"replicate": 1}).key)
        assert first.score is not None
        asked.set_user_attr("score", first.score.model_dump(mode="json"))
        study.tell(asked, "complete", first.score)
        history = History.read(study)
    assert first.architecture in history
    assert other not in history
