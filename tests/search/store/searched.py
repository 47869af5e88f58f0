"""A search of a folder with tabulated scores, for tests of what it leaves there."""

from pathlib import Path
from typing import Any

from modsearch.search import LocalExecutor, RunPlace, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


def search(folder: Path, trials: int, **faults: Any) -> TabulatedEvaluator:
    evaluator = TabulatedEvaluator(**faults)
    with open_run(study_spec(budget={"trials": trials}), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()
    return evaluator
