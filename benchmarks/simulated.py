"""Trainings that only take their time, for benchmarks of the search itself."""

import base64
import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

from modsearch.architecture import Architecture
from modsearch.record import Epoch, Measurement, OnEpoch, Score, Task, Timed, Trained
from modsearch.search import run
from modsearch.space import StudySpec
from tests.conformance.tabulated import TabulatedEvaluator, accuracy

ROUNDS = (3, 30)  # processes, and rounds of each, that a latency rests on
CORRECT = base64.b64encode(bytes(625)).decode()  # 5,000 images
WORKER_ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).parents[1]),
    "RAY_worker_niceness": "0",  # not 15: on two cores whatever else runs would come before 16 workers
}
BEGUN, SLOTS = "begun", "slots"


def untimed(spec: StudySpec, **changes: Any) -> StudySpec:
    """The study with latencies from a table, so that the workers take them; no table is read."""
    run.latency_tables_digest = lambda spec: {}  # type: ignore[attr-defined]
    return spec.with_overrides(changes).model_copy(update={"latency_tables": {"cpu": Path("no table")}})


@dataclass(frozen=True)
class Nap:
    """What a training was: which process, and from when to when in seconds since 1970."""

    worker: int
    start_s: float
    end_s: float


@contextmanager
def nap(folder: Path, num_workers: int) -> Iterator[None]:
    """Note how long the body took; no first one of a process begins before so many processes have come that far."""
    begun = folder / BEGUN
    begun.mkdir(parents=True, exist_ok=True)
    (begun / str(os.getpid())).touch()
    while sum(1 for _ in begun.iterdir()) < num_workers:
        time.sleep(0.02)
    start_s = time.time()
    try:
        yield
    finally:
        with (folder / SLOTS).open("a") as file:  # one short write for appending is whole, whoever else writes
            file.write(json.dumps([os.getpid(), start_s, time.time()]) + "\n")


def naps(folder: Path) -> list[Nap]:
    """All of them, in the order in which they ended."""
    return [Nap(*json.loads(line)) for line in (folder / SLOTS).read_text().splitlines()]


def pauses_ms(done: list[Nap]) -> dict[str, float]:
    """How long workers wait between two trainings: mean, median, and what one in ten takes longer than."""
    by_worker: dict[int, list[Nap]] = {}
    for training in done:
        by_worker.setdefault(training.worker, []).append(training)
    pauses = [1000 * (b.start_s - a.end_s) for trainings in by_worker.values() for a, b in pairwise(trainings)]
    return {"mean": fmean(pauses), "median": median(pauses), "p90": quantiles(pauses, n=10)[-1]}


@dataclass
class SimulatedEvaluator(TabulatedEvaluator):
    """Scores by the tests' formula; its scores and weights are as large as real ones.

    Attributes:
        folder: of the notes; None for trainings that take no time.
        num_workers: processes that wait for each other.
        median_s: of a training; a network takes the same time wherever it is trained.
        sigma: of the logarithm of that time.
        num_bytes: of weights.
    """

    folder: Path | None = None
    num_workers: int = 1
    median_s: float = 0.0
    sigma: float = 0.0
    num_bytes: int = 1_000_000

    def measure(self, architecture: Architecture) -> Score:
        score = super().measure(architecture)
        draw = random.Random(architecture.id)
        ratios = tuple(tuple(draw.gauss(0, 0.02) for _ in range(ROUNDS[1])) for _ in range(ROUNDS[0]))
        return score.model_copy(update={"timed": {"cpu": Timed(log_ratios=ratios, ending="rounds")}})

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        architecture, fidelity = task.architecture, task.fidelity
        seconds = self.median_s * random.Random(f"s{architecture.id}").lognormvariate(0, self.sigma)
        if self.folder is None:
            return self._learn(architecture, fidelity.epochs, 0.0, on_epoch)
        with nap(self.folder, self.num_workers):
            return self._learn(architecture, fidelity.epochs, seconds, on_epoch)

    def _learn(self, architecture: Architecture, num_epochs: int, seconds: float, on_epoch: OnEpoch | None) -> Trained:
        """A curve that rises to the tabulated accuracy, with noise."""
        draw, final, curve = random.Random(architecture.id), accuracy(architecture), list[Epoch]()
        for number in range(1, num_epochs + 1):
            time.sleep(seconds / num_epochs)
            share = number / num_epochs
            reached = final if share == 1 else final * share**0.5 + draw.gauss(0, 0.01)
            curve.append(Epoch(loss=2 - share, accuracy=min(1.0, max(0.0, reached)), seconds=seconds / num_epochs))
            if on_epoch is not None:
                on_epoch(number, curve[-1])
        top1 = Measurement(value=final, low=final, high=final, num_samples=5_000, unit="fraction")
        score = Score(metrics={"accuracy": top1}, learning_curve=tuple(curve), correct=CORRECT)
        return Trained(score, draw.randbytes(self.num_bytes))
