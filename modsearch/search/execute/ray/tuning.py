"""Tuning: how Ray Tune asks a dispatch for work and hands back what came of it."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.air.execution._internal import RayActorManager
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.tune.search import Searcher
from ray.tune.stopper import Stopper

from modsearch.search.execute.ray.cluster import num_slots
from modsearch.search.execute.ray.dispatch import Dispatch
from modsearch.search.execute.ray.failure import failure_reason, start_failure
from modsearch.search.execute.ray.mailbox import News
from modsearch.search.execute.ray.start import StartWatch
from modsearch.search.execute.ray.worker import FAILURE, NUM_DONE, OUTCOME, REFUSAL
from modsearch.search.store.worker_state import WorkerState, remove_workers, write_workers
from modsearch.space import Ray

_COUNT_EVERY_S = 2.0
_LOOK_EVERY_S = 0.2
_HURRY_S = 1.0  # a worker that is free for longer gets nothing now, and holds up nothing


class DispatchSearcher(Searcher):
    """Suggests networks. They lie in the mailbox; Tune carries an id alone."""

    def __init__(self, dispatch: Dispatch, mailbox: Any, settings: Ray) -> None:
        super().__init__(metric=NUM_DONE, mode="max")
        self.dispatch, self.mailbox, self.settings = dispatch, mailbox, settings
        self._num_slots, self._counted_at = 0, -math.inf

    def suggest(self, trial_id: str) -> Any:
        """A network, None for later, or the end."""
        if len(self.dispatch.out) >= self._slots():
            return None
        assignment = self.dispatch.next(trial_id)
        if assignment == "over":
            return Searcher.FINISHED
        if assignment is None:
            return None
        self.mailbox.put.remote(trial_id, assignment)
        return {"tune_id": trial_id}

    def _slots(self) -> int:
        """How many there are now: nodes join and leave."""
        if time.monotonic() - self._counted_at > _COUNT_EVERY_S:
            self._num_slots, self._counted_at = num_slots(self.settings), time.monotonic()
        return self._num_slots

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Nothing: the callback has seen each result."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study is the record."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing."""


class DispatchCallback(tune.Callback):
    """Hands results to the dispatch, and takes them out of what Tune keeps."""

    def __init__(self, dispatch: Dispatch, mailbox: Any, folder: Path, settings: Ray) -> None:
        self.dispatch, self.mailbox, self.folder = dispatch, mailbox, folder
        self._news: Any = None
        self._mailbox_name = ""
        self._over: list[str] = []
        self._asked_at = -math.inf
        self._num_free, self._freed_at = 0, -math.inf  # workers between two networks
        self._states: dict[str, WorkerState] = {}
        self._begun: set[str] = set()  # what has a worker
        self._watch = StartWatch(settings.resources, dispatch.note)

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Pass on what was posted; never wait for it."""
        self.dispatch.begin_step()
        for number, score in self.dispatch.timed():
            self.mailbox.put_timed.remote(number, score)
        self._watch.look(self.dispatch.out.keys() - self._begun)
        if self._news is None and time.monotonic() - self._asked_at > _LOOK_EVERY_S:
            self._news, self._asked_at = self.mailbox.news.remote(), time.monotonic()
        elif self._news is not None and ray.wait([self._news], timeout=0)[0]:
            self._pass_on()

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Work off what can wait, but not while a worker has just ended a network and waits for its next one."""
        if self._num_free == 0 or time.monotonic() - self._freed_at > _HURRY_S:
            self.dispatch.work_off()

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A worker has a network."""
        self._begun.add(trial.trial_id)
        self._num_free = max(0, self._num_free - 1)

    def _pass_on(self) -> None:
        """Wait for the news that were asked for, and pass them on."""
        news: News = ray.get(self._news)
        self._news = None
        for epoch in news.epochs:
            self.dispatch.epoch(*epoch)
        if self._mailbox_name not in ("", news.mailbox):
            self._tell_new_mailbox()
        self._mailbox_name = news.mailbox
        if news.workers != self._states:
            self._states = news.workers
            write_workers(self.folder, news.workers)

    def _tell_new_mailbox(self) -> None:
        """The old one was killed, with all that it knew."""
        self.dispatch.told.clear()
        for tune_id, assignment in self.dispatch.out.items():
            self.mailbox.put.remote(tune_id, assignment)
        self.mailbox.take_out.remote(*self._over)

    def _take_out(self, tune_id: str) -> None:
        self._over.append(tune_id)
        self._begun.discard(tune_id)
        self.mailbox.take_out.remote(tune_id)

    def on_experiment_end(self, trials: list[Any], **info: Any) -> None:
        """Nobody works any more."""
        remove_workers(self.folder)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Take what came of a network."""
        self._num_free, self._freed_at = self._num_free + 1, time.monotonic()
        if REFUSAL in result:
            self.dispatch.refuse(result[REFUSAL])
        if FAILURE in result:
            self.dispatch.fail(result[FAILURE])
        if outcome := result.pop(OUTCOME, None):
            self.dispatch.end(trial.trial_id, outcome)
        self._take_out(trial.trial_id)

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A worker died, and Tune starts its network again."""
        self._num_free = 0
        self._begun.discard(trial.trial_id)
        self.dispatch.restarted(trial.trial_id, failure_reason(text := _text(trial)), start_failure(text))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """It died too often."""
        self._num_free = 0
        self.dispatch.lose(trial.trial_id, failure_reason(text := _text(trial)), start_failure(text))
        self._take_out(trial.trial_id)


class DispatchStopper(Stopper):
    """Ends the experiment where the search failed."""

    def __init__(self, dispatch: Dispatch) -> None:
        self.dispatch = dispatch

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Never a single trial."""
        return False

    def stop_all(self) -> bool:
        """All of them."""
        return self.dispatch.error is not None


@contextmanager
def losses_as_deaths() -> Iterator[None]:
    """In the body Tune takes what the cluster lost as the death of an actor, where it would give up the experiment.

    Such are an actor that Ray killed because its node ran out of memory, and a result that went down with its node.
    """
    failed = RayActorManager._actor_task_failed

    def as_death(self: RayActorManager, tracked_actor_task: Any, exception: Exception) -> None:
        if isinstance(exception, RayError) and not isinstance(exception, RayActorError | RayTaskError):
            exception = RayActorError(error_msg=str(exception))
        failed(self, tracked_actor_task, exception)

    RayActorManager._actor_task_failed = as_death  # type: ignore[method-assign]
    try:
        yield
    finally:
        RayActorManager._actor_task_failed = failed  # type: ignore[method-assign]


def _text(trial: Any) -> str:
    """What Ray said as a network broke off: Tune adds each error of a trial to a file, below a line with the time."""
    with suppress(OSError, TypeError):
        return Path(trial.error_file).read_text(errors="replace").rpartition("Failure # ")[2].partition("\n")[2]
    return ""
