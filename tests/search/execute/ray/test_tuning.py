"""What the callback does in which order; Ray Tune and its cluster are played."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import ray
from ray.air.execution._internal import RayActorManager
from ray.exceptions import ObjectLostError, OutOfMemoryError, RayActorError, RayError

from modsearch.record import Score
from modsearch.search.execute.ray.mailbox import News
from modsearch.search.execute.ray.tuning import DispatchCallback, losses_as_deaths
from modsearch.space import Ray
from tests.search.execute.ray.test_failure import START

pytestmark = pytest.mark.ray


class Played:
    """Stands in for the dispatch: it counts how often there was time for the record."""

    num_worked_off = 0
    out: ClassVar = {"b": "a network"}

    def work_off(self) -> None:
        self.num_worked_off += 1

    def __init__(self) -> None:
        self.restarts: list[tuple[str, str, str]] = []
        self.notes: list[str] = []
        self.told: set[int] = set()
        self.late: list[tuple[int, Score]] = []

    def timed(self) -> list[tuple[int, Score]]:
        late, self.late = self.late, []
        return late

    def begin_step(self) -> None:
        pass

    def restarted(self, tune_id: str, reason: str, start_failure: str) -> None:
        self.restarts.append((tune_id, reason, start_failure))

    def note(self, text: str) -> None:
        self.notes.append(text)


class PlayedMailbox:
    """Stands in for the mailbox's actor: it keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(remote=lambda *arguments: self.told.append((name, *arguments)))


@pytest.fixture
def dispatch() -> Played:
    return Played()


@pytest.fixture
def mailbox() -> PlayedMailbox:
    return PlayedMailbox()


@pytest.fixture
def callback(dispatch: Played, mailbox: PlayedMailbox, tmp_path: Path) -> DispatchCallback:
    return DispatchCallback(dispatch, mailbox, tmp_path, Ray())  # type: ignore[arg-type]


@pytest.fixture
def trial() -> SimpleNamespace:
    return SimpleNamespace(trial_id="a", error_file=None)


def test_the_record_waits_while_a_worker_waits(
    dispatch: Played, callback: DispatchCallback, trial: SimpleNamespace
) -> None:
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
    dispatch: Played, callback: DispatchCallback, trial: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_worker_that_dies_between_two_networks_is_not_waited_for(
    dispatch: Played, callback: DispatchCallback, trial: SimpleNamespace
) -> None:
    callback.on_trial_result(1, [], trial, {})
    callback.on_trial_recover(2, [], trial)
    callback.on_step_end(2, [])
    assert dispatch.num_worked_off == 1


def test_a_mailbox_that_was_started_again_is_told_what_is_out_and_what_is_over(
    callback: DispatchCallback, mailbox: PlayedMailbox, trial: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hear(name: str) -> None:
        monkeypatch.setattr(ray, "get", lambda _: News([], {}, name))
        callback._pass_on()

    hear("first")
    hear("first")
    callback.on_trial_result(1, [], trial, {})
    assert mailbox.told == [("take_out", "a")]
    hear("second")
    hear("second")
    assert mailbox.told[1:] == [("put", "b", "a network"), ("take_out", "a")]


def test_the_latest_error_of_a_trial_says_whether_its_worker_could_start(
    dispatch: Played, callback: DispatchCallback, tmp_path: Path
) -> None:
    file = tmp_path / "error.txt"
    file.write_text(f"Failure # 1 (occurred at noon)\nThe actor died.\n\nFailure # 2 (occurred later)\n{START}")
    callback.on_trial_recover(1, [], SimpleNamespace(trial_id="b", error_file=str(file)))
    reason = "ImportError: a file of the user"
    assert dispatch.restarts == [("b", f"a worker failed: {reason}", f"No worker can start on 127.0.0.1: {reason}")]


def test_what_other_machines_timed_goes_to_the_workers(
    dispatch: Played, callback: DispatchCallback, mailbox: PlayedMailbox
) -> None:
    score = Score(metrics={})
    dispatch.late = [(3, score)]
    for _ in range(2):
        callback.on_step_begin(1, [])
    assert [told for told in mailbox.told if told[0] == "put_timed"] == [("put_timed", 3, score)]


def test_a_network_waits_until_it_has_a_worker_and_again_when_that_is_dead(
    dispatch: Played, callback: DispatchCallback, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[set[str]] = []
    monkeypatch.setattr(callback._watch, "look", lambda names: waiting.append(set(names)))
    trial = SimpleNamespace(trial_id="b", error_file=None)
    for happen in (lambda *_: None, callback.on_trial_start, callback.on_trial_recover):
        happen(0, [], trial)
        callback.on_step_begin(1, [])
    assert waiting == [{"b"}, set(), {"b"}]
