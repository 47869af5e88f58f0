"""Progress and ledger of a study worked out by hand."""

import pytest

from modsearch.analysis import progress
from modsearch.record import Epoch, Measurement, Score, State, Trial, hypervolume_curve, hypervolume_gain
from modsearch.space import Budget
from tests.conformance.tabulated import study_spec

SPEC = study_spec(
    fidelity={"image_size": 32, "epochs": 4},
    constraints=[{"metric": "relative_latency", "max": 2.0}],
    budget={"trials": 5, "hours": 1.0},
)
NETWORKS = [SPEC.space.decode(point) for point, _ in zip(SPEC.space.points(), range(2000), strict=False)]
NETWORKS = list({each.id: each for each in NETWORKS}.values())[:8]
REFERENCE = (0.1, 2.0)


def trial(number: int, state: State, seconds: float, *, network: int | None = None, **fields: object) -> Trial:
    architecture = NETWORKS[number if network is None else network]
    return Trial.model_validate(
        {"number": number, "state": state, "architecture": architecture, "seconds": seconds, **fields}
    )


def score(accuracy: float | None, latency: float, epochs: int = 4, epoch_s: float = 10.0) -> Score:
    values = {"relative_latency": latency} | ({} if accuracy is None else {"accuracy": accuracy})
    curve = (Epoch(loss=1.0, accuracy=0.2, seconds=epoch_s),) * epochs
    return Score(metrics={name: Measurement.exact(each, "") for name, each in values.items()}, learning_curve=curve)


TRIALS = [
    trial(0, "complete", 100.0, score=score(0.6, 1.0)),
    trial(1, "pruned", 4.0, score=score(None, 3.0, epochs=0), reason="relative_latency is 3, over 2"),
    trial(2, "complete", 0.0, score=score(0.6, 1.0), is_repeat=True, network=0),
    trial(3, "complete", 60.0, score=score(0.5, 0.5)),
    trial(4, "failed", 7.0, reason="RuntimeError: x"),
    trial(5, "pruned", 20.0, score=score(None, 1.5, epochs=1)),
    trial(6, "failed", 5.0, reason="RuntimeError: x"),
    trial(7, "running", 0.0, score=score(None, 1.0, epochs=0)),
]


def test_counts_leave_repeats_out() -> None:
    found = progress(TRIALS, SPEC, REFERENCE)
    counts = (found.complete, found.running, found.failed, found.pruned, found.screened, found.repeats)
    assert counts == (2, 1, 2, 2, 1, 1)
    assert found.failures == {"RuntimeError: x": 2}
    assert [each.number for each in found.current] == [7]
    assert found.front_ids == (NETWORKS[0].id, NETWORKS[3].id)


def test_the_ledger() -> None:
    """A constraint saves the median of 100 and 60 s less 4 s; screening three epochs of 10 s."""
    found = progress(TRIALS, SPEC, REFERENCE).ledger
    assert found.spent_s == {"complete": 160.0, "screening": 20.0, "constraints": 4.0, "failed": 12.0}
    assert found.saved_s == {"record": 100.0, "constraints": 76.0, "screening": 30.0}


def test_hypervolume_over_search_time() -> None:
    """(0.6 - 0.1) x (2 - 1), then (0.5 - 0.1) x (1 - 0.5) more."""
    found = progress(TRIALS, SPEC, REFERENCE)
    assert found.hypervolume_curve[0] == pytest.approx((100.0, 0.5))
    assert found.hypervolume_curve[2] == pytest.approx((104.0, 0.5))
    assert found.hypervolume_curve[3] == pytest.approx((164.0, 0.7))
    assert found.hypervolume == pytest.approx(0.7)
    assert hypervolume_gain(TRIALS, SPEC, REFERENCE, window_s=40.0) == pytest.approx(0.2 / 0.7)
    assert hypervolume_gain(TRIALS, SPEC, REFERENCE, window_s=10.0) == 0.0
    assert hypervolume_gain([], SPEC, REFERENCE) == 0.0


def test_time_left_is_that_of_the_nearer_limit() -> None:
    """3 networks were judged in 196 s: two more take 131 s; one hour less 196 s is farther."""
    found = progress(TRIALS, SPEC, REFERENCE)
    assert found.search_s == 196.0
    assert found.trained_an_hour == pytest.approx(3600 * 3 / 196)
    assert found.time_left_s == pytest.approx(2 * 196 / 3)
    hours = SPEC.model_copy(update={"budget": Budget(hours=0.06)})
    assert progress(TRIALS, hours, REFERENCE).time_left_s == pytest.approx(216 - 196)
    plateau = SPEC.model_copy(update={"budget": Budget(plateau=0.01)})
    assert progress(TRIALS, plateau, REFERENCE).time_left_s is None


def test_an_empty_study() -> None:
    found = progress([], SPEC, REFERENCE)
    assert (found.complete, found.hypervolume, found.trained_an_hour) == (0, 0.0, None)
    assert found.time_left_s == 3600.0


def test_violators_do_not_move_the_hypervolume() -> None:
    over = [*TRIALS, trial(8, "complete", 10.0, score=score(0.9, 2.5), network=6)]
    assert hypervolume_curve(over, SPEC, REFERENCE)[-1][1] == pytest.approx(0.7)
