"""The bench of ``benchmarks/mod_bench.py`` as a table: an evaluator that looks up what was trained and timed."""

import gzip
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from random import Random

import numpy as np

from modsearch.architecture import Architecture
from modsearch.record import OnEpoch, Refined, Score, Task, Trained
from modsearch.space import StudySpec, load_spec

FOLDER = Path(__file__).parent / "results" / "mod_bench"
SPEC, TRAININGS, TIMINGS = "bench.yaml", "trainings.jsonl", "timings.json.gz"
NUM_NETWORKS = 150
FEW, MANY = 2, 10  # trainings of each, and of 30 of them

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
    def trainings(self) -> dict[Key, Score]:
        """What each training gave: accuracy, bits and learning curve."""
        path = self.folder / TRAININGS
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        found = [json.loads(line) for line in lines if line.endswith("\n")]  # not what a kill left half written
        return {(line["id"], line["replicate"]): Score.model_validate(line["score"]) for line in found}

    @cached_property
    def timings(self) -> dict[str, Score]:
        """What is known of a network without training, by its id."""
        path = self.folder / TIMINGS
        stored = json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}
        return {id_: Score.model_validate(score) for id_, score in stored.items()}

    def results(self, ids: Iterable[str], replicates: Sequence[int]) -> list[Refined]:
        """The trainings of networks in these replicates, those that there are, as a refinement keeps them."""
        return [
            Refined(
                task=Task(architecture=self.networks[id_], fidelity=self.spec.fidelity, replicate=replicate),
                score=self.trainings[id_, replicate],
            )
            for id_ in ids
            for replicate in replicates
            if (id_, replicate) in self.trainings
        ]

    @property
    def many(self) -> list[str]:
        """The networks that were trained more than twice."""
        return [id_ for id_ in self.networks if (id_, MANY - 1) in self.trainings]

    def accuracy(self, id_: str, replicate: int) -> float:
        """Of the last epoch."""
        return self.trainings[id_, replicate].metrics["accuracy"].value

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
        score = self.bench.trainings[task.architecture.id, self.first + task.replicate]
        for number, epoch in enumerate(score.learning_curve, 1):
            if on_epoch is not None:
                on_epoch(number, epoch)
        return Trained(score=score, weights=b"")
