"""Which predicted networks must be measured, and what is reported of a study that goes by predictions."""

import pytest

from modsearch.architecture import Architecture
from modsearch.record import Measurement, Remeasurement, Score, Trial, awaiting, measured_part, predicted_objectives
from modsearch.space import StudySpec
from tests.analysis.small_study import MOD, PLAIN, SPEC, TINY, TRIALS, UNPAIRED_MOD, trial
from tests.conformance.remeasured import predicted, remeasurement  # noqa: F401

PREDICTED = SPEC.model_copy(update={"objectives": ("accuracy", "predicted_relative_latency")})
pytestmark = pytest.mark.usefixtures("predicted")


def guess(number: int, architecture: Architecture, accuracy: float, latency: float) -> Trial:
    metrics = {
        "accuracy": Measurement.exact(accuracy, "fraction"),
        "predicted_relative_latency": Measurement.exact(latency, "x reference"),
    }
    return trial(number, architecture, Score(metrics=metrics))


GUESSES = [
    guess(0, TINY, 0.6, 0.4),
    guess(1, PLAIN, 0.7, 0.6),
    guess(2, MOD, 0.75, 0.7),
    guess(3, UNPAIRED_MOD, 0.69, 0.65),
]


def measured(architecture: Architecture, latency: float, place: str = "cpu") -> Remeasurement:
    value = Measurement(value=latency, low=latency, high=latency, num_samples=3, unit="x reference")
    deployment = SPEC.deployments["cpu"]
    return remeasurement(
        architecture, place=place, deployment=deployment, score=Score(metrics={"relative_latency": value})
    )


def wanted(remeasurements: list[Remeasurement], spec: StudySpec = PREDICTED) -> list[str]:
    return [network.id for network, place in awaiting(GUESSES, remeasurements, spec) if place == "cpu"]


def test_the_members_of_the_front_are_measured() -> None:
    assert predicted_objectives(PREDICTED) == {"predicted_relative_latency": "cpu"}
    assert wanted([]) == [TINY.id, PLAIN.id, MOD.id]
    assert wanted([measured(PLAIN, 0.6)]) == [TINY.id, MOD.id]
    assert wanted([measured(PLAIN, 0.6, "elsewhere")]) == [TINY.id, PLAIN.id, MOD.id]


def test_what_a_measured_value_lets_onto_the_front_is_measured_too() -> None:
    assert wanted([measured(PLAIN, 0.68)]) == [TINY.id, MOD.id, UNPAIRED_MOD.id]


def test_the_deleted_form_of_a_member_is_measured_with_it() -> None:
    dominated = [guess(0, TINY, 0.8, 0.4), guess(1, PLAIN, 0.7, 0.6), guess(2, MOD, 0.85, 0.7)]
    assert [network.id for network, _ in awaiting(dominated, [], PREDICTED)] == [TINY.id, MOD.id, PLAIN.id]


def test_only_measured_values_are_reported() -> None:
    trials, spec = measured_part(GUESSES, [measured(PLAIN, 0.5), measured(MOD, 0.9, "elsewhere")], PREDICTED)
    assert spec.objectives == ("accuracy", "relative_latency")
    assert [found_trial.architecture for found_trial in trials if found_trial.state == "complete"] == [PLAIN]
    assert [found_trial.score.values(spec.objectives) for found_trial in trials if found_trial.score] == [(0.7, 0.5)]
    assert {found_trial.reason for found_trial in trials if not found_trial.score} == {"its latency is only predicted"}
    failed = trial(9, TINY, state="failed", reason="no memory")
    assert measured_part([*GUESSES, failed], [], PREDICTED)[0][-1] == failed


def test_a_measured_study_stays_as_it_is() -> None:
    assert measured_part(TRIALS, [], SPEC) == (list(TRIALS), SPEC)
    assert awaiting(TRIALS, [], SPEC) == []


def test_each_deployment_is_confirmed_for_itself() -> None:
    places = {"cpu": SPEC.deployments["cpu"], "big": SPEC.deployments["cpu"].model_copy(update={"batch_size": 8})}
    names = ("accuracy", "predicted_relative_latency@cpu", "predicted_relative_latency@big")
    spec = SPEC.model_copy(update={"deployments": places, "objectives": names})
    score = {"accuracy": 0.6, names[1]: 0.4, names[2]: 0.5}
    metrics = {name: Measurement.exact(value, "x") for name, value in score.items()}
    trials = [trial(0, TINY, Score(metrics=metrics))]
    remeasurements = [measured(TINY, 0.3, "big")]
    assert awaiting(trials, remeasurements, spec) == [(TINY, "cpu")]
    assert measured_part(trials, remeasurements, spec)[0][0].score is None
    found, reported = measured_part(trials, [*remeasurements, measured(TINY, 0.2)], spec)
    assert found[0].score is not None
    assert found[0].score.values(reported.objectives) == (0.6, 0.2, 0.3)
