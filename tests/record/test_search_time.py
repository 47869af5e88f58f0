"""Search time and hypervolume over it, worked out by hand."""

from typing import Any

import pytest

from modsearch.record import Epoch, hypervolume_curve, hypervolume_gain, search_seconds
from modsearch.statistic import hypervolume
from tests.analysis.small_study import MOD, PLAIN, REFERENCE, SPEC, TINY, UNPAIRED_MOD, network, score, trial

REFERENCE_POINT = (0.1, 1.0)


def curve_of(*seconds: float) -> dict[str, Any]:
    return {"learning_curve": tuple(Epoch(loss=1, accuracy=0.5, seconds=duration) for duration in seconds)}


TRIALS = (
    trial(0, TINY, score(0.6, 0.4), seconds=1000),
    trial(1, TINY, score(0.6, 0.4), is_repeat=True),
    trial(2, PLAIN, state="failed", seconds=200),
    trial(3, PLAIN, score(0.7, 0.6), seconds=1800),
    trial(4, UNPAIRED_MOD, score(0.5, 0.8), seconds=600),  # PLAIN dominates it
    trial(5, MOD, score(0.9, 0.9), seconds=1200),
    trial(6, network("SS", "SS", "S"), state="running"),
)
# Down to accuracy 0.1 and cost 1.0: strips, each as high as the best accuracy at that cost.
VOLUME_0 = 0.6 * 0.5
VOLUME_3 = 0.2 * 0.5 + 0.4 * 0.6
VOLUME_5 = 0.2 * 0.5 + 0.3 * 0.6 + 0.1 * 0.8


def test_a_trial_without_seconds_took_at_least_its_epochs() -> None:
    assert search_seconds(TRIALS) == 4800
    older = trial(0, TINY, score(0.6, 0.4).model_copy(update=curve_of(30, 20)))
    assert search_seconds([older]) == 50
    assert search_seconds([older.model_copy(update={"is_repeat": True})]) == 0
    assert search_seconds([older.model_copy(update={"seconds": 70})]) == 70


def test_hypervolume_over_search_time_by_hand() -> None:
    curve = hypervolume_curve(TRIALS, SPEC, REFERENCE_POINT)
    assert [seconds for seconds, _ in curve] == [1000, 1000, 1200, 3000, 3600, 4800, 4800]
    volumes = [VOLUME_0] * 3 + [VOLUME_3] * 2 + [VOLUME_5] * 2
    assert [volume for _, volume in curve] == pytest.approx(volumes)
    assert hypervolume_curve((), SPEC, REFERENCE_POINT) == ()


def test_networks_over_a_bound_do_not_count_but_the_reference_does() -> None:
    spec = SPEC.with_overrides({"constraints": [{"metric": "relative_latency", "max": 0.5}]})
    curve = hypervolume_curve(TRIALS, spec, REFERENCE_POINT)
    assert curve[-1] == (4800, pytest.approx(VOLUME_0))
    reference = trial(7, REFERENCE, score(0.8, 0.9), seconds=10)
    expected = hypervolume([(0.6, 0.4), (0.8, 0.9)], SPEC.directions, REFERENCE_POINT)
    assert hypervolume_curve((*TRIALS, reference), spec, REFERENCE_POINT)[-1] == (4810, pytest.approx(expected))


def test_gain_of_the_last_hour_is_a_fraction_of_the_whole() -> None:
    # The last hour began at 1200 s, when the volume was that of trial 0.
    assert hypervolume_gain(TRIALS, SPEC, REFERENCE_POINT) == pytest.approx((VOLUME_5 - VOLUME_0) / VOLUME_5)
    gain = hypervolume_gain(TRIALS, SPEC, REFERENCE_POINT, window_s=1200)
    assert gain == pytest.approx((VOLUME_5 - VOLUME_3) / VOLUME_5)
    assert hypervolume_gain(TRIALS[:1], SPEC, REFERENCE_POINT) == 1
    assert hypervolume_gain((), SPEC, REFERENCE_POINT) == 0
