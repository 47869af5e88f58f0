"""A search in a process of its own, to be killed.

    python -m tests.integration.driver FOLDER TRIALS [--fault FAULT --at NUMBER] [--storage URL] [--pace-s SECONDS]

Prints ``train ID`` as it begins to train a network. Exit codes and messages are those of the command line.
"""

import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import typer

from modsearch import cli
from modsearch.architecture import Architecture
from modsearch.record import OnEpoch, Task, Trained
from modsearch.search import LocalExecutor, RunPlace, open_run
from modsearch.search.store import claim_table
from modsearch.search.store.journal import Journal
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


class SlowEvaluator(TabulatedEvaluator):
    """Sleeps for a minute, is killed or wants too much in the training of this number; others take a moment."""

    sleep_at: int = 0
    kill_at: int = 0
    exhaust_at: int = 0
    pace_s: float = 0.01
    num_weights_bytes: int = 100

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        typer.echo(f"train {task.architecture.id}")
        trained = super().train(task, on_epoch)
        if len(self.trained) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when memory runs out
        if len(self.trained) == self.exhaust_at:
            exhaust_memory(task.architecture)
        time.sleep(60 if len(self.trained) == self.sleep_at else self.pace_s)
        return Trained(trained.score, bytes(self.num_weights_bytes))


def exhaust_memory(architecture: Architecture) -> None:
    """Feed the network 400 GB of images in a process that may have 64 GB: the kernel refuses them to torch."""
    import torch

    from modsearch.models import build

    resource.setrlimit(resource.RLIMIT_AS, (64 << 30, resource.RLIM_INFINITY))
    x_BCHW = torch.zeros(1, 3, 32, 32).expand(1 << 25, 3, 32, 32)  # a view: it takes no memory itself
    build(architecture, 10, 32)(x_BCHW)


def tear_write(at: int) -> None:
    """Die by SIGKILL in the middle of a journal entry, the one with this number, counted from 1."""
    append_logs, num_written = Journal.append_logs, 0

    def append(journal: Journal, logs: list[dict[str, Any]]) -> None:
        nonlocal num_written
        num_written += 1
        length = journal.path.stat().st_size
        append_logs(journal, logs)
        if num_written == at:
            os.truncate(journal.path, (length + journal.path.stat().st_size) // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    Journal.append_logs = append  # type: ignore[method-assign]


def drive(
    folder: Path,
    trials: int,
    fault: str = "none",
    at: int = 0,
    storage: str | None = None,
    pace_s: float = 0.01,
) -> None:
    """FAULT in training AT: ``sleep``, ``kill``, ``memory``; ``tear`` entry AT; AT bytes are ``full`` or ``heavy``.

    A training takes PACE_S seconds. Drivers give a sign of life every quarter of a second.
    """
    claim_table.PERIOD_S = 0.25
    evaluator = SlowEvaluator()
    evaluator.pace_s = pace_s
    if fault == "sleep":
        evaluator.sleep_at = at
    if fault == "kill":
        evaluator.kill_at = at
    if fault == "memory":
        evaluator.exhaust_at = at
    if fault == "tear":
        tear_write(at)
    if fault == "heavy":
        evaluator.num_weights_bytes = at + 1
    if fault in ("full", "heavy"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (at, at))
    with open_run(study_spec(budget={"trials": trials}), evaluator, RunPlace(folder, storage)) as study:
        LocalExecutor(study, evaluator, folder).run()


if __name__ == "__main__":
    cli.app.command("drive")(drive)
    cli.main(["drive", *sys.argv[1:]])
