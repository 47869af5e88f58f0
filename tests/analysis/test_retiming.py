"""The front at another deployment: who stays, leaves and enters; what constraints and other deployments do there."""

import pytest

from modsearch.analysis import by_front, front_info, part_at, retiming
from modsearch.architecture import Architecture
from modsearch.record import Environment, Measurement, Remeasurement, Score
from modsearch.space import Constraint, StudySpec
from tests.analysis.small_study import (
    ENVIRONMENT,
    MOD,
    OTHER_ENVIRONMENT,
    PLAIN,
    REFERENCE,
    SPEC,
    TINY,
    TRIALS,
    UNPAIRED_MOD,
)
from tests.conformance.remeasured import remeasurement


def timed(architecture: Architecture, latency: float, where: Environment = OTHER_ENVIRONMENT) -> Remeasurement:
    value = Measurement(
        value=latency, low=0.9 * latency, high=1.1 * latency, num_samples=9, unit="x reference", environment=where
    )
    metrics = {"relative_latency": value, "gmacs": Measurement.exact(0.1, "GMACs")}
    return remeasurement(architecture, score=Score(metrics=metrics))


# accuracies: REFERENCE 0.80, TINY 0.60, PLAIN 0.70, MOD 0.75, UNPAIRED_MOD 0.695
REMEASUREMENTS = [timed(REFERENCE, 1.0), timed(TINY, 0.4), timed(PLAIN, 0.7), timed(MOD, 1.2), timed(UNPAIRED_MOD, 0.5)]


def test_who_stays_leaves_and_enters() -> None:
    info = retiming(TRIALS, [], REMEASUREMENTS, SPEC)
    assert info.ids("stays") == (TINY.id, PLAIN.id, REFERENCE.id)
    assert (info.ids("leaves"), info.ids("enters"), info.ids("not timed")) == ((MOD.id,), (UNPAIRED_MOD.id,), ())
    rows = {row.point.id: row for row in info.rows}
    assert [
        (row.before.value, row.now.value) for row in (rows[MOD.id], rows[UNPAIRED_MOD.id]) if row.before and row.now
    ] == [
        (0.7, 1.2),
        (0.65, 0.5),
    ]
    assert [row.point.id for row in info.rows] == [TINY.id, UNPAIRED_MOD.id, PLAIN.id, REFERENCE.id, MOD.id]
    assert (info.num_scored, info.num_timed, info.environment) == (5, 5, OTHER_ENVIRONMENT)
    assert info.self_check is not None
    assert info.self_check.value == 1
    assert info.summary() == (
        "With eager on cpu, 1 thread, batch size 16, float32, 3 of the 4 networks on the front stay, 1 leaves and "
        "1 enters."
    )


def test_what_was_not_timed_is_told() -> None:
    info = retiming(TRIALS, [], REMEASUREMENTS[2:3], SPEC)
    assert info.ids("not timed") == tuple(sorted((TINY.id, MOD.id, REFERENCE.id)))
    assert info.ids("stays") == (PLAIN.id,)
    assert "1 of the 4 networks on the front stays, 0 leave and 0 enter. 4 scored networks were not" in info.summary()


def test_the_front_there_has_its_own_latencies() -> None:
    info = front_info(*part_at(TRIALS, REMEASUREMENTS, SPEC))
    assert [objective.name for objective in info.objectives] == ["accuracy", "relative_latency@cpu-b16"]
    assert info.costs[0].label.endswith("on cpu-b16")
    assert info.environments["relative_latency@cpu-b16"] == (OTHER_ENVIRONMENT,)
    scores = next(point.scores for point in info.points if point.id == MOD.id)
    assert (scores["relative_latency@cpu"].value, scores["relative_latency@cpu-b16"].value) == (0.7, 1.2)
    assert (scores["gmacs@cpu"].value, scores["gmacs@cpu-b16"].value) == (0.0408, 0.1)


def test_a_constraint_belongs_to_its_own_deployment() -> None:
    """MOD takes 1.2 there, and UNPAIRED_MOD 0.65 here."""
    spec = SPEC.model_copy(update={"constraints": (Constraint(metric="relative_latency", max=0.64),)})
    info = front_info(*part_at(TRIALS, REMEASUREMENTS, spec))
    assert {point.id for point in info.points} == {REFERENCE.id, TINY.id, PLAIN.id}


def test_objectives_of_other_deployments_stay() -> None:
    places = {"cpu": SPEC.deployments["cpu"], "gpu": SPEC.deployments["cpu"]}
    spec = SPEC.model_copy(
        update={"deployments": places, "objectives": ("accuracy", "relative_latency@cpu", "latency_ms@gpu", "params")}
    )
    _, there = part_at([], REMEASUREMENTS[:1], spec)
    assert there.objectives == ("accuracy", "relative_latency@cpu-b16", "latency_ms@gpu", "params")
    _, there = part_at([], [REMEASUREMENTS[0].model_copy(update={"base": "gpu"})], spec)
    assert there.objectives == ("accuracy", "relative_latency@cpu", "latency_ms@cpu-b16", "params")
    StudySpec.model_validate(there.model_dump())


def test_a_front_that_cannot_change_says_so() -> None:
    spec = SPEC.model_copy(update={"objectives": ("accuracy", "params")})
    info = retiming(TRIALS, [], REMEASUREMENTS, spec)
    assert (info.ids("leaves"), info.ids("enters")) == ((), ())
    assert info.summary().endswith("No objective of the study depends on its deployment cpu.")


def test_two_machines_are_not_compared() -> None:
    with pytest.raises(ValueError, match=r"relative_latency@cpu-b16 must be measured in one environment.*Processor"):
        retiming(TRIALS, [], [*REMEASUREMENTS[1:], timed(REFERENCE, 1.0, ENVIRONMENT)], SPEC)


def test_members_come_first() -> None:
    networks, num_members = by_front(TRIALS, [], SPEC)
    assert num_members == 4
    assert [network.id for network in networks] == [TINY.id, PLAIN.id, MOD.id, REFERENCE.id, UNPAIRED_MOD.id]
