"""Stands for ``modsearch`` on another machine: answers ``probe --stream`` from a table, and breaks where it is told to.

    python -m tests.search.retime.tabulated_probe FOLDER probe --stream

A file in FOLDER with the name of a fault is an order: ``version`` says another one, ``refuse`` lacks what is asked for,
``miss`` cannot time a network, ``die`` dies once while it times, ``slow`` takes its content's seconds a network,
``machine`` says that it is another machine, ``invalid`` finds fault with the network of its content. FOLDER
notes each network that is timed, in ``timed``.
"""

import json
import os
import sys
import time
from pathlib import Path

from modsearch.architecture import Architecture
from modsearch.record import Environment, Score, TimingJob
from modsearch.search import lines_of, serve
from modsearch.space import Deployment
from tests.conformance.remeasured import ELSEWHERE, remeasured_score


class Machine:
    """What it is, and how it scores.

    Args:
        folder: of orders and notes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ordered(self, fault: str) -> str | None:
        """The content of an order; None where there is none."""
        path = self.folder / fault
        return path.read_text() if path.exists() else None

    def environment(self, deployment: Deployment) -> Environment:
        if self.ordered("refuse") is not None:
            raise ValueError("deployment.runtime must be one that is installed.")
        return ELSEWHERE.model_copy(update={"device": self.ordered("machine") or ELSEWHERE.device})

    def measure(self, job: TimingJob, network: Architecture) -> Score:
        with (self.folder / "timed").open("a") as file:
            file.write(f"{network.id}\n")
        if self.ordered("die") is not None:
            (self.folder / "die").unlink()
            os._exit(255)
        time.sleep(float(self.ordered("slow") or 0))
        if self.ordered("invalid") == network.id:
            raise ValueError("it has a layer that cannot be exported")
        if self.ordered("miss") is not None and len((self.ordered("timed") or "").split()) > 2:
            raise RuntimeError("no room for it")
        return remeasured_score(network, job.place, self.environment(job.deployment))


def main(machine: Machine) -> None:
    for answer in serve(lines_of(sys.stdin.buffer), machine.environment, machine.measure):
        if "modsearch" in answer and machine.ordered("version") is not None:
            answer = {"modsearch": "9.9"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Machine(Path(sys.argv[1])))
