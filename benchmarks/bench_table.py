"""The bench of ``benchmarks/mod_bench.py`` as a table: an evaluator that looks up what was trained and timed."""

import base64
import gzip
import json
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modsearch.architecture import Architecture
from modsearch.record import Environment, Epoch, Measurement, OnEpoch, Score, Task, Trained
from modsearch.space import StudySpec, load_spec
from modsearch.statistic.interval import share_interval

FOLDER = Path(__file__).parent / "results" / "mod_bench"
SPEC, TRAININGS, TIMINGS = "bench.yaml", "trainings.jsonl", "timings.json.gz"
NUM_NETWORKS = 150

Key = tuple[str, int]
"""A network's id and a replicate."""


class Bench:
    """What is tabulated.

    Args:
        folder: where its files lie.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.spec: StudySpec = load_spec(str(folder / SPEC))

    @cached_property
    def networks(self) -> dict[str, Architecture]:
        """The networks by their ids, in the order in which they were drawn; none was picked."""
        generator, found = Random(0), dict[str, Architecture]()
        while len(found) < NUM_NETWORKS:
            network = self.spec.space.decode(self.spec.space.draw(generator))
            found.setdefault(network.id, network)
        return found

    @cached_property
    def trainings(self) -> dict[Key, dict[str, Any]]:
        """What each training gave: ``curve`` (loss, accuracy and seconds by epoch), ``correct``, ``num_images``."""
        path = self.folder / TRAININGS
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        found = [json.loads(line) for line in lines if line.endswith("\n")]  # not what a kill left half written
        return {(line["id"], line["replicate"]): line for line in found}

    @cached_property
    def timings(self) -> dict[str, Score]:
        """What is known of a network without training, by its id."""
        path = self.folder / TIMINGS
        stored = json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}
        return {id_: Score.model_validate(score) for id_, score in stored.items()}

    def correct(self, id_: str, replicate: int) -> NDArray[np.bool_]:
        """For each validation image whether a training gets it right."""
        line = self.trainings[id_, replicate]
        packed = np.frombuffer(base64.b64decode(line["correct"]), np.uint8)
        return np.unpackbits(packed, count=line["num_images"]).astype(bool)

    def accuracy(self, id_: str, replicate: int) -> float:
        """Of the last epoch."""
        return float(self.correct(id_, replicate).mean())

    def log_latency(self, id_: str) -> float:
        """Of the latency relative to the reference's."""
        return float(np.log(self.timings[id_].metrics["relative_latency"].value))


class BenchEvaluator:
    """Looks up what a task gives.

    Args:
        bench: the table.
        first: replicate 0 of a task is this one of the table, and so on.
    """

    data_hash = "mod_bench"
    num_classes = 10

    def __init__(self, bench: Bench, first: int = 0) -> None:
        self.bench, self.first = bench, first

    def measure(self, architecture: Architecture) -> Score:
        """Latency and costs."""
        return self.bench.timings[architecture.id]

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        """Accuracy, bits and learning curve; no weights. A training that stops half-way is not tabulated."""
        if not task.is_whole:
            raise ValueError("the table has whole trainings only")
        key = task.architecture.id, self.first + task.replicate
        line, correct_N = self.bench.trainings[key], self.bench.correct(*key)
        curve = tuple(Epoch(loss=loss, accuracy=accuracy, seconds=seconds) for loss, accuracy, seconds in line["curve"])
        for number, epoch in enumerate(curve, 1):
            if on_epoch is not None:
                on_epoch(number, epoch)
        low, high = share_interval(int(correct_N.sum()), len(correct_N))
        accuracy = Measurement(
            value=float(correct_N.mean()),
            low=low,
            high=high,
            num_samples=len(correct_N),
            unit="fraction",
            environment=Environment(device="mod_bench", threads=1, software="table"),
        )
        score = Score(metrics={"accuracy": accuracy}, learning_curve=curve, correct=line["correct"])
        return Trained(score=score, weights=b"")
