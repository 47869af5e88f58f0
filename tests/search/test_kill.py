"""A driver that is killed in the middle of a trial, for real."""

import subprocess
import sys
import time
from pathlib import Path

from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

DRIVER = """
import sys, time
from pathlib import Path
from modsearch.search import LocalExecutor, RunPlace, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

class Sleeper(TabulatedEvaluator):
    def train(self, *arguments):
        if len(self.trained) == 2:
            print("training", flush=True)
            time.sleep(60)
        return super().train(*arguments)

folder, evaluator = Path(sys.argv[1]), Sleeper()
with open_run(study_spec(), evaluator, RunPlace(folder)) as study:
    LocalExecutor(study, evaluator, folder).run()
"""


def test_a_killed_driver_loses_only_the_trial_it_was_at(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", DRIVER, str(folder)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "training\n"
        driver.kill()
    before = load_study(str(folder)).trials()
    assert [each.state for each in before] == ["complete", "complete", "running"]

    evaluator = TabulatedEvaluator()
    start = time.monotonic()
    with open_run(study_spec(), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()
    assert time.monotonic() - start < 30  # no stale lock is waited for
    after = load_study(str(folder)).trials()
    assert after[:2] == before[:2]
    assert (after[2].state, after[2].reason) == ("failed", "the search that ran it died")
    assert after[2].architecture == after[3].architecture == before[2].architecture
    assert len(evaluator.trained) == 8
    assert sum(each.state == "complete" and not each.is_repeat for each in after) == 10
