"""Worker: a Tune trainable that scores one network after the other."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import ray
from ray import tune
from ray.exceptions import RayError

from modsearch.message import must_be
from modsearch.record import Epoch, Score
from modsearch.search.error import SettingFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.assignment import Assignment, Outcome, measure, train
from modsearch.search.execute.ray.images import refusal
from modsearch.search.execute.setting import CheckedEvaluator
from modsearch.search.store.worker_state import Doing, WorkerState
from modsearch.space import StudySpec

OUTCOME = "outcome"
NUM_DONE = "num_done"
REFUSAL = "refusal"
FAILURE = "failure"

_ANSWER_S = 5.0

MakeEvaluator = Callable[[], Evaluator]


class Worker(tune.Trainable):
    """One Tune trial is one network, and one step; the actor and its evaluator stay for the next one.

    Config: ``tune_id``, and by ``tune.with_parameters`` ``spec``, ``make_evaluator``, ``data_hash`` and ``mailbox``.
    """

    def setup(
        self,
        config: dict[str, Any],
        spec: StudySpec | None = None,
        make_evaluator: MakeEvaluator | None = None,
        data_hash: str = "",
        mailbox: Any = None,
    ) -> None:
        """Map the images once in the life of the actor. What keeps this node from taking part ends the search."""
        assert spec is not None
        assert make_evaluator is not None
        self.spec, self.mailbox = spec, mailbox
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.say("starting")
        self.refusal = ""
        try:
            evaluator = make_evaluator()
            check_data(evaluator, data_hash)
            self.evaluator = CheckedEvaluator(evaluator, spec)
        except (ValueError, OSError) as error:
            self.refusal = refusal(error)
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another network."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Score the network, unless it is over by now."""
        done: dict[str, Any] = {NUM_DONE: 0, "done": True}
        if self.refusal:
            return done | {REFUSAL: self.refusal}
        if self.assignment is None:
            return done
        try:
            outcome = self._score(self.assignment)
        except SettingFailed as error:
            return done | {FAILURE: str(error)}
        self.say("waiting")
        return done | {OUTCOME: outcome, NUM_DONE: 1}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing: a training keeps its own checkpoint, at the path of the run's folder on this node."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing."""

    def say(self, doing: Doing, number: int | None = None, epoch: tuple[int, Epoch] | None = None) -> None:
        """Post what this worker is doing, with which trial, and the epoch that it finished."""
        news = (number, *epoch) if number is not None and epoch else None
        state = WorkerState(doing=doing, since=0, number=number, epoch=epoch[0] if epoch else None)
        self.mailbox.post.remote(self.name, state, news)

    def _begin(self, config: dict[str, Any]) -> None:
        self.assignment: Assignment | None = ray.get(self.mailbox.fetch.remote(config["tune_id"]))

    def _score(self, assignment: Assignment) -> Outcome:
        number, measured = assignment.number, assignment.measured
        if measured is None:
            self.say("measuring", number)
            measured = measure(assignment, self.spec, self.evaluator)
        if measured.state != "running":
            return measured
        self.say("training", number)
        hear = partial(self._hear, number)
        return train(assignment, measured, self.spec, self.evaluator, hear, partial(self._timed, number))

    def _timed(self, number: int) -> Score | None:
        """What other machines timed of the network meanwhile; nothing where the mailbox is not there."""
        if not self.spec.timed_elsewhere:
            return None
        with suppress(RayError):
            score: Score | None = ray.get(self.mailbox.timed.remote(number), timeout=_ANSWER_S)
            return score
        return None

    def _hear(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        self.say("training", number, (epoch_number, epoch))


def check_data(evaluator: Evaluator, data_hash: str) -> None:
    """Raise ValueError where an evaluator trains on other images than those of this content hash."""
    if evaluator.data_hash != data_hash:
        rule = f"the images of the study (content hash {data_hash[:12]})"
        raise ValueError(must_be("data", rule, f"content hash {evaluator.data_hash[:12]}"))
