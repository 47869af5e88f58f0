"""A search in a process of its own, through a cluster or in the process.

    python -m tests.search.execute.ray.driver FOLDER [--address HOST:PORT] [--run-name NAME] [--storage URL]
        [--trials N]

Exit codes and messages are those of the command line.
"""

import sys
from functools import partial
from pathlib import Path

from modsearch import cli
from modsearch.search import Context, RunPlace, create_executor, open_run, run
from modsearch.search.store import claim_table
from tests.conformance.tabulated import TabulatedEvaluator
from tests.search.execute.ray.faulty import FaultyEvaluator, untimed_spec


def drive(
    folder: Path,
    address: str | None = None,
    run_name: str = "run",
    storage: str | None = None,
    trials: int = 10,
    workers: int | None = None,
) -> None:
    """Notes go to FOLDER, the run to a folder in it; without an address it is searched in this process, with ``own``
    on a cluster that it starts.

    Trainings take a second where there is a storage, to be shared.
    """
    claim_table.PERIOD_S = 0.25
    run.latency_tables_digest = lambda spec: {}  # no table is read in these tests
    make = partial(FaultyEvaluator, folder=folder, seconds=1.0 if storage else 0.2)
    cluster = {"kind": "ray", "address": None if address == "own" else address, "workers": workers, "cpus_per_trial": 1}
    executor = cluster if address else {"kind": "local"}
    spec = untimed_spec(budget={"trials": trials}, executor=executor)
    with open_run(spec, TabulatedEvaluator(), RunPlace(folder / run_name, storage)) as study:
        create_executor(Context(study, make(), make, folder / run_name)).run()


if __name__ == "__main__":
    cli.app.command("drive")(drive)
    cli.main(["drive", *sys.argv[1:]])
