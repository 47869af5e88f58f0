"""A driver that is killed in the middle of a trial, for real."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from modsearch.search.propose.history import History
from modsearch.search.store.run_folder import checkpoint_path, write_whole
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


@pytest.mark.slow
def test_a_killed_driver_loses_only_the_trial_it_was_at(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", DRIVER, str(folder)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "training\n"
        driver.kill()
    before = load_study(str(folder)).trials()
    assert [trial.state for trial in before] == ["complete", "complete", "running"]

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
    assert sum(trial.state == "complete" and not trial.is_repeat for trial in after) == 10


def test_a_network_that_was_scored_is_not_trained_again_when_the_driver_dies_before_it_tells(tmp_path: Path) -> None:
    evaluator, spec = TabulatedEvaluator(), study_spec(budget={"trials": 2})
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        last = study.trials()[-1]
        asked = study.optuna_study.ask()  # what a driver leaves that is killed between the score and the end of a trial
        assert last.architecture is not None
        assert last.score is not None
        asked.set_user_attr("architecture", last.architecture.model_dump(mode="json"))
        asked.set_user_attr("score", last.score.model_dump(mode="json"))
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        assert study.trials()[asked.number].state == "complete"
    assert len(evaluator.trained) == 2


def test_a_checkpoint_stays_until_the_result_is_recorded(tmp_path: Path) -> None:
    """As a killed driver leaves them: one of a network that is settled, one of a network that is not."""
    evaluator, spec = TabulatedEvaluator(), study_spec(budget={"trials": 1})
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        settled = checkpoint_path(tmp_path, study.task(study.spec.space.decode(study.optuna_study.trials[0].params)))
        left = checkpoint_path(tmp_path, study.task(spec.space.costliest()))
        for path in (settled, settled.with_suffix(".part"), left):
            write_whole(path, b"half a training")
        LocalExecutor(study, evaluator, tmp_path).run()
    assert list(left.parent.iterdir()) == [left]


def test_a_later_search_tries_once_more_what_had_failed(tmp_path: Path) -> None:
    spec = study_spec(budget={"trials": 3})
    failing = TabulatedEvaluator(fault="exception", fault_at=(1,))
    with open_run(spec, failing, RunPlace(tmp_path)) as study:
        LocalExecutor(study, failing, tmp_path).run()
        failed = next(trial.architecture for trial in study.trials() if trial.state == "failed")
    assert failed is not None
    with open_run(spec, TabulatedEvaluator(), RunPlace(tmp_path)) as study:
        assert failed not in History.read(study)
