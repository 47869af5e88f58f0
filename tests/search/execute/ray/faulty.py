"""An evaluator of workers in other processes: it notes what it trains, and breaks where a file tells it to."""

import errno
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modsearch.architecture import Architecture
from modsearch.record import OnEpoch, Score, Task, Trained
from modsearch.space import StudySpec
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

TRAINED, MEASURED, HELD = "trained", "measured", "held"


@dataclass
class FaultyEvaluator(TabulatedEvaluator):
    """A file of the name of a fault is an order to break once; it is removed as that is done.

    A file ``hold`` is an order to one training to last until a file ``release`` is there.

    Attributes:
        folder: of notes and orders.
        seconds: of a training.
        num_workers: no training ends before so many processes have begun one.
    """

    folder: Path = Path()
    seconds: float = 0.2
    num_workers: int = 1

    def measure(self, architecture: Architecture) -> Score:
        note(self.folder, MEASURED, architecture.id)
        return super().measure(architecture)

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        note(self.folder, TRAINED, task.architecture.id)
        if self._is_ordered("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._is_ordered("memory"):
            raise MemoryError("unable to allocate memory")
        if self._is_ordered("glut"):
            eat()
        if self._is_ordered("disk"):
            raise OSError(errno.ENOSPC, "No space left on device", "checkpoints/a")
        if self._is_ordered("hang"):
            time.sleep(3600)
        if self._is_ordered("hold"):
            note(self.folder, HELD, task.architecture.id)
            while not (self.folder / "release").exists():
                time.sleep(0.05)
        while len(workers(self.folder)) < self.num_workers:
            time.sleep(0.05)
        time.sleep(self.seconds)
        return super().train(task, on_epoch)

    def _is_ordered(self, fault: str) -> bool:
        try:
            (self.folder / fault).unlink()
        except FileNotFoundError:
            return False
        return True


def eat(most_gb: int = 6) -> None:
    """Take memory until somebody puts an end to it."""
    eaten = []
    for _ in range(10 * most_gb):
        eaten.append(b"x" * 100_000_000)
        time.sleep(0.05)
    raise AssertionError("nobody minded")


def untimed_spec(**overrides: Any) -> StudySpec:
    """A study that takes every latency from a table, so that the workers may measure. No table is read here."""
    return study_spec(**overrides).model_copy(update={"latency_tables": {"cpu": Path("no table")}})


def note(folder: Path, name: str, id_: str) -> None:
    """One short write for appending is whole, whoever else writes."""
    with (folder / name).open("a") as file:
        file.write(f"{id_} {os.getpid()}\n")


def noted(folder: Path, name: str = TRAINED) -> list[str]:
    """The ids of the networks, in the order in which their trainings began."""
    path = folder / name
    return [line.split()[0] for line in path.read_text().splitlines()] if path.is_file() else []


def workers(folder: Path) -> set[str]:
    """The processes that trained."""
    return {line.split()[1] for line in (folder / TRAINED).read_text().splitlines()}
