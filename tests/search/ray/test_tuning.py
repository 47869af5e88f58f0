"""What the callback does in which order; Ray Tune and its cluster are played."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from ray.air.execution._internal import RayActorManager
from ray.exceptions import ObjectLostError, OutOfMemoryError, RayActorError, RayError

from modsearch.search.ray.tuning import DispatchCallback, losses_as_deaths

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


def test_the_record_does_not_wait_for_a_worker_that_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch, trial = Played(), SimpleNamespace(trial_id="a", error_file=None)
    callback = DispatchCallback(dispatch, SimpleNamespace(take_down=remote()), tmp_path)  # type: ignore[arg-type]
    callback.on_trial_result(1, [], trial, {})
    callback.on_step_end(1, [])
    assert dispatch.num_worked_off == 0
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 5)
    callback.on_step_end(2, [])
    assert dispatch.num_worked_off == 1


@pytest.mark.parametrize(
    "error",
    [OutOfMemoryError("the node runs out of memory"), ObjectLostError("ab" * 28, None, "")],
    ids=["memory", "result"],
)
def test_what_the_cluster_loses_is_a_death(error: RayError) -> None:
    """Tune raises what it does not expect, and would give up all that is trained."""
    died: list[Exception] = []
    manager = SimpleNamespace(_failed_actor_ids=set(), _cleanup_actor=lambda tracked_actor: None)
    actor = SimpleNamespace(actor_id="a", _on_error=lambda actor, error: died.append(error))
    task = SimpleNamespace(_tracked_actor=actor, _on_error=None)
    with losses_as_deaths():
        RayActorManager._actor_task_failed(manager, tracked_actor_task=task, exception=error)  # type: ignore[arg-type]
    assert isinstance(died[0], RayActorError)
    assert str(error) in str(died[0])
    with pytest.raises(RuntimeError, match="unexpected"):
        RayActorManager._actor_task_failed(manager, tracked_actor_task=task, exception=error)  # type: ignore[arg-type]


def test_a_worker_that_dies_between_two_visits_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch, trial = Played(), SimpleNamespace(trial_id="a", error_file=None)
    board = SimpleNamespace(take_down=remote(), news=remote())
    callback = DispatchCallback(dispatch, board, tmp_path)  # type: ignore[arg-type]
    monkeypatch.setattr(callback, "_catch_up", lambda: None)
    callback.on_trial_result(1, [], trial, {})
    callback.on_trial_recover(2, [], trial)
    callback.on_step_end(2, [])
    assert dispatch.num_worked_off == 1
