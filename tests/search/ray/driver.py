"""A search through a cluster in a process of its own, to be killed.

python -m tests.search.ray.driver FOLDER ADDRESS
"""

import sys
from functools import partial
from pathlib import Path

from modsearch.search import Driver, RunPlace, open_run, run
from modsearch.search.ray import RayExecutor
from modsearch.space import Ray
from tests.conformance.tabulated import TabulatedEvaluator
from tests.search.ray.faulty import FaultyEvaluator, untimed_spec

if __name__ == "__main__":
    folder, run_folder = Path(sys.argv[1]), Path(sys.argv[1]) / "run"
    make = partial(FaultyEvaluator, folder=folder)
    run.latency_tables_digest = lambda spec: {}  # as the tests do
    spec = untimed_spec()
    with open_run(spec, TabulatedEvaluator(), RunPlace(run_folder)) as study:
        RayExecutor(Driver(study, make(), make, run_folder), Ray(address=sys.argv[2])).run()
