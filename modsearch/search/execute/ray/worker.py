"""Worker: a Tune trainable that scores the networks of one visit after the other."""

import os
import socket
from collections.abc import Callable
from typing import Any

import ray
from ray import tune

from modsearch.message import must_be
from modsearch.record import Epoch
from modsearch.search.error import SettingFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.ray.dispatch import Visit
from modsearch.search.execute.ray.images import refusal
from modsearch.search.execute.setting import CheckedEvaluator
from modsearch.search.execute.work import Outcome, Work, measure, train
from modsearch.search.store.worker_state import Doing, WorkerState
from modsearch.space import StudySpec

OUTCOMES = "outcomes"
NUM_DONE = "num_done"
REFUSAL = "refusal"
FAILURE = "failure"

MakeEvaluator = Callable[[], Evaluator]


class Worker(tune.Trainable):
    """One Tune trial is one visit, and one step; the actor and its evaluator stay for the next one.

    Config: ``visit_id``, and by ``tune.with_parameters`` ``spec``, ``make_evaluator``, ``data_hash`` and ``mailbox``.
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
        """Begin another visit."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Score the networks of the visit. Each but the last is handed in at once, and nothing is waited for."""
        if self.refusal:
            return {REFUSAL: self.refusal, NUM_DONE: 0, "done": True}
        try:
            return self._step()
        except SettingFailed as error:
            return {FAILURE: str(error), NUM_DONE: 0, "done": True}

    def _step(self) -> dict[str, Any]:
        *others, last = self.visit
        handed_in: list[Any] = []
        try:
            handed_in.extend(self.mailbox.hand_in.remote(self.visit_id, self._score(*each)) for each in others)
            outcome = self._score(*last)
        finally:
            ray.get(handed_in)  # what comes after the end of a visit is too late
        self.say("waiting")
        return {OUTCOMES: [outcome], NUM_DONE: 1, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing: a training keeps its own checkpoint, at the path of the run's folder on this node."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing."""

    def say(self, doing: Doing, work: Work | None = None, epoch: tuple[int, Epoch] | None = None) -> None:
        """Post what this worker is doing."""
        number, last = work.number if work else None, epoch[0] if epoch else None
        news = (work.number, *epoch) if work and epoch else None
        self.mailbox.post.remote(self.name, WorkerState(doing=doing, since=0, number=number, epoch=last), news)

    def _begin(self, config: dict[str, Any]) -> None:
        self.visit_id = config["visit_id"]
        self.visit: Visit = ray.get(self.mailbox.fetch.remote(self.visit_id))

    def _score(self, work: Work, measured: Outcome | None) -> Outcome:
        if measured is None:
            self.say("measuring", work)
            measured = measure(work, self.spec, self.evaluator)
        if measured.state != "running":
            return measured
        self.say("training", work)
        return train(work, measured, self.spec, self.evaluator, lambda *epoch: self.say("training", work, epoch))


def check_data(evaluator: Evaluator, data_hash: str) -> None:
    """Raise ValueError where an evaluator trains on other images than those of this content hash."""
    if evaluator.data_hash != data_hash:
        rule = f"the images of the study (content hash {data_hash[:12]})"
        raise ValueError(must_be("data", rule, f"content hash {evaluator.data_hash[:12]}"))
