"""What stands for a timing once it was repeated, and which timings a front rests on without knowing them well."""

from typing import Any

import pytest

from modsearch.analysis import front_info, mod_benefit
from modsearch.architecture import Architecture
from modsearch.record import (
    Environment,
    Measurement,
    Remeasurement,
    Score,
    Speedup,
    Trial,
    measured_part,
    remeasured,
    uncertain,
)
from modsearch.space import StudySpec
from tests.analysis.small_study import (
    ENVIRONMENT,
    MOD,
    OTHER_ENVIRONMENT,
    PLAIN,
    SAVING,
    SPEC,
    TINY,
    TRIALS,
    UNPAIRED_MOD,
    network,
    score,
    trial,
)
from tests.conformance.remeasured import remeasurement


def timed(accuracy: float, value: float, low: float, high: float, where: Environment = ENVIRONMENT) -> Score:
    found = score(accuracy, value)
    latency = found.metrics["relative_latency"].model_copy(
        update={"value": value, "low": low, "high": high, "environment": where}
    )
    return found.model_copy(update={"metrics": found.metrics | {"relative_latency": latency}})


def again(architecture: Architecture, value: float, low: float, high: float, **more: Any) -> Remeasurement:
    """Timed later at the study's own deployment."""
    place = more.pop("place", "cpu")
    found = timed(0.5, value, low, high, more.pop("where", ENVIRONMENT))
    metrics = {"relative_latency": found.metrics["relative_latency"], "gmacs": Measurement.exact(9.0, "GMACs")}
    return remeasurement(
        architecture, place=place, base="cpu", deployment=SPEC.deployments["cpu"], score=Score(metrics=metrics, **more)
    )


# ResNet18 at full width on CIFAR-10, as it was found: the plain network in a busy hour, the one that contains it in a
# quiet one
WITH_MOD, CONTAINED = MOD, PLAIN
BUSY_HOUR = (
    trial(0, CONTAINED, timed(0.438, 0.557, 0.446, 0.694)),
    trial(1, WITH_MOD, timed(0.480, 0.482, 0.460, 0.504)),
)


def ids(pairs: list[tuple[Architecture, str]]) -> list[str]:
    assert {place for _, place in pairs} <= {"cpu"}
    return [architecture.id for architecture, _ in pairs]


def members(trials: list[Trial], spec: StudySpec = SPEC) -> list[str]:
    return [member.id for member in front_info(trials, spec).members]


def test_a_network_from_a_busy_hour_is_uncertain_where_one_that_contains_it_keeps_it_off_the_front() -> None:
    assert members(list(BUSY_HOUR)) == [WITH_MOD.id]
    assert ids(uncertain(BUSY_HOUR, SPEC)) == [WITH_MOD.id, CONTAINED.id]  # 4.6 and 22 % where 3 were asked for


@pytest.mark.slow
def test_timed_again_it_takes_its_place_on_the_front() -> None:
    remeasurements = [again(CONTAINED, 0.452, 0.446, 0.458), again(WITH_MOD, 0.48, 0.475, 0.485)]
    trials, spec = measured_part(BUSY_HOUR, remeasurements, SPEC)
    assert members(trials, spec) == [CONTAINED.id, WITH_MOD.id]
    assert uncertain(trials, spec) == []
    benefit = mod_benefit(front_info(trials, spec)).networks[0].against_deleted
    assert benefit is not None
    assert benefit.cost_ratio == pytest.approx(0.48 / 0.452)
    assert BUSY_HOUR[0].score is not None
    assert BUSY_HOUR[0].score.metrics["relative_latency"].value == 0.557  # the trial keeps what it found


def test_all_that_was_timed_is_replaced_and_nothing_else() -> None:
    own, speedup = timed(0.7, 0.6, 0.4, 0.8), Speedup(gmacs=0.03, plain_gmacs=0.05)
    [found] = remeasured([trial(0, MOD, own)], [again(MOD, 0.5, 0.49, 0.51, speedups={"cpu": SAVING})], SPEC)
    assert found.score is not None
    assert found.score.metrics["relative_latency"].value == 0.5
    assert found.score.metrics["gmacs"] == own.metrics["gmacs"]
    assert found.score.metrics["accuracy"] == own.metrics["accuracy"]
    assert found.score.speedups == {"cpu": SAVING} != {"cpu": speedup}


@pytest.mark.parametrize(
    "other",
    [
        again(PLAIN, 0.5, 0.4, 0.65),  # wider
        again(PLAIN, 0.5, 0.49, 0.51, where=OTHER_ENVIRONMENT),
        again(PLAIN, 0.5, 0.49, 0.51, place="elsewhere"),
        again(TINY, 0.5, 0.49, 0.51),
    ],
)
def test_what_is_no_better_or_does_not_compare_replaces_nothing(other: Remeasurement) -> None:
    trials = [trial(0, PLAIN, timed(0.7, 0.6, 0.54, 0.66)), trial(1, MOD, state="failed", reason="no memory")]
    assert remeasured(trials, [other], SPEC) == trials


def test_precise_timings_are_certain() -> None:
    assert uncertain(TRIALS, SPEC) == []  # 2 % each
    assert ids(uncertain(TRIALS, SPEC.with_overrides({"timing": {"half_width": 0.01}})))[:3] == [
        found_trial.architecture.id for found_trial in TRIALS[:1] + TRIALS[1:3] if found_trial.architecture
    ]


def test_members_come_first_then_those_that_reach_the_front_and_what_cannot_reach_it_is_left_alone() -> None:
    far, near = network("SSS", "S", "S"), network("SS", "SS", "S")
    trials = [
        trial(0, near, timed(0.68, 0.7, 0.55, 0.85)),  # dominated by PLAIN, unless it takes less than 0.6
        trial(1, far, timed(0.50, 0.9, 0.5, 1.3)),  # TINY is better whatever it takes
        trial(2, TINY, score(0.60, 0.4)),
        trial(3, PLAIN, timed(0.70, 0.6, 0.5, 0.7)),
    ]
    assert ids(uncertain(trials, SPEC)) == [PLAIN.id, near.id]


def test_the_deleted_form_of_a_member_counts_wherever_it_lies() -> None:
    trials = [
        trial(0, TINY, score(0.80, 0.4)),
        trial(1, PLAIN, timed(0.70, 0.9, 0.7, 1.1)),  # far behind TINY
        trial(2, MOD, score(0.85, 0.7)),
    ]
    assert ids(uncertain(trials, SPEC)) == [PLAIN.id]
    assert ids(uncertain(trials[:2], SPEC)) == []


def test_only_the_deployments_of_objectives_count() -> None:
    spec = SPEC.with_overrides({"objectives": ("accuracy", "params")})
    assert uncertain(BUSY_HOUR, spec) == []
    p90 = SPEC.with_overrides({"objectives": ("accuracy", "params", "latency_p90_ms")})
    assert UNPAIRED_MOD.num_mod_blocks
    trials = []
    for found_trial in BUSY_HOUR:
        assert found_trial.score is not None
        latency = found_trial.score.metrics["relative_latency"].model_copy(update={"unit": "ms"})
        metrics = found_trial.score.metrics | {"latency_p90_ms": latency}
        trials.append(
            found_trial.model_copy(update={"score": found_trial.score.model_copy(update={"metrics": metrics})})
        )
    assert ids(uncertain(trials, p90)) == [WITH_MOD.id, CONTAINED.id]
