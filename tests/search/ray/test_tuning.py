"""What the callback does in which order; Ray Tune and its cluster are played."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from modsearch.search.ray.tuning import DispatchCallback

pytestmark = pytest.mark.ray


class Played:
    """Stands in for the dispatch: it counts how often there was time for the record."""

    num_worked_off = 0

    def work_off(self) -> None:
        self.num_worked_off += 1

    def restarted(self, visit_id: str, reason: str) -> None:
        pass


def remote() -> SimpleNamespace:
    """A method of the board."""
    return SimpleNamespace(remote=lambda *_: None)


def test_the_record_waits_while_a_worker_waits(tmp_path: Path) -> None:
    dispatch, trial = Played(), SimpleNamespace(trial_id="a", error_file=None)
    board = SimpleNamespace(take_down=remote(), news=remote())
    callback = DispatchCallback(dispatch, board, tmp_path)  # type: ignore[arg-type]
    callback.on_step_end(0, [])
    assert dispatch.num_worked_off == 1
    callback.on_trial_result(1, [], trial, {})  # two workers are free
    callback.on_trial_result(2, [], trial, {})
    callback.on_step_end(2, [])
    callback.on_trial_start(3, [], trial)
    callback.on_step_end(3, [])
    assert dispatch.num_worked_off == 1
    callback.on_trial_start(4, [], trial)
    callback.on_step_end(4, [])
    assert dispatch.num_worked_off == 2


def test_a_worker_that_dies_between_two_visits_is_not_waited_for(tmp_path: Path) -> None:
    dispatch, trial = Played(), SimpleNamespace(trial_id="a", error_file=None)
    callback = DispatchCallback(dispatch, SimpleNamespace(take_down=remote()), tmp_path)  # type: ignore[arg-type]
    callback.on_trial_result(1, [], trial, {})
    callback.on_trial_recover(2, [], trial)
    callback.on_step_end(2, [])
    assert dispatch.num_worked_off == 1
