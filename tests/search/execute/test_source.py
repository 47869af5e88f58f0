"""A loop over tasks that are no search's: every network once more, by another draw, part of it only half-way."""

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from modsearch.record import Score, Task, Trial
from modsearch.search import Listener, LocalExecutor, RunPlace, Study, open_run
from modsearch.search.execute.assignment import Assignment, Outcome, measure, train
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.source import Ending
from modsearch.search.store.run_folder import checkpoint_path, weights_path, write_whole
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


class Replicates:
    """Trains what a study has trained again, as replicate 1."""

    def __init__(self, study: Study, listener: Listener, trials: Sequence[Trial]) -> None:
        self.ending: Ending | None = None
        self.is_waiting = False
        self.is_known = False
        networks = [trial.architecture for trial in trials if trial.state == "complete" and trial.architecture]
        self.left = [Task(architecture=network, fidelity=study.spec.fidelity, replicate=1) for network in networks]
        self.left[-1] = self.left[-1].model_copy(update={"until_epoch": 1})
        self.kept: dict[int, Score] = {}
        self.taken: list[Outcome] = []
        self.num_out = 0

    def next(self) -> Assignment | None:
        if not self.left:
            self.ending = "exhausted"
            return None
        self.num_out += 1
        return Assignment(100 + self.num_out, self.left.pop(0))

    def keep(self, number: int, score: Score) -> None:
        self.kept[number] = score

    def take(self, outcome: Outcome) -> Trial:
        self.taken.append(outcome)
        return Trial(number=outcome.number, state=outcome.state, score=outcome.score)

    def settled(self) -> Set[str]:
        return set()


class Known(Replicates):
    """Knows what the search measured."""

    def __init__(self, study: Study, listener: Listener, trials: Sequence[Trial]) -> None:
        super().__init__(study, listener, trials)
        self.scores = {trial.architecture.id: trial.score for trial in trials if trial.architecture}

    def next(self) -> Assignment | None:
        assignment = super().next()
        if assignment is None:
            return None
        known = Outcome(assignment.number, "running", self.scores[assignment.task.architecture.id])
        return replace(assignment, measured=known)


def test_an_executor_takes_its_tasks_from_whatever_source(tmp_path: Path) -> None:
    """What is known of a network before training, as here from the search, is not measured again."""
    evaluator, spec = TabulatedEvaluator(), study_spec(budget={"trials": 3})
    sources: list[Known] = []

    def make(*arguments: Any) -> Known:
        sources.append(Known(*arguments))
        return sources[0]

    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        before = list(evaluator.measured)
        assert LocalExecutor(study, evaluator, tmp_path, make_source=make).run() == "exhausted"
    [source] = sources
    assert evaluator.measured == before
    assert [outcome.state for outcome in source.taken] == ["complete", "complete", "pruned"]
    assert all(outcome.score and "relative_latency" in outcome.score.metrics for outcome in source.taken)


def test_a_loop_knows_no_other_difference(tmp_path: Path) -> None:
    evaluator, spec = TabulatedEvaluator(), study_spec(budget={"trials": 3})
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        sources: list[Replicates] = []

        def make(*arguments: Any) -> Replicates:
            sources.append(Replicates(*arguments))
            return sources[0]

        loop, tasks = Loop(study, tmp_path, Listener(), make), []
        while (assignment := loop.next()) is not None:
            tasks.append(assignment.task)
            write_whole(checkpoint_path(tmp_path, assignment.task), b"half a training")
            measured = measure(assignment, spec, evaluator)
            loop.measured(measured)
            loop.end(train(assignment, measured, spec, evaluator, partial(loop.epoch, assignment.number)))
    [source] = sources
    assert loop.ending == "exhausted"
    assert [outcome.number for outcome in source.taken] == [101, 102, 103] == list(source.kept)
    assert [outcome.state for outcome in source.taken] == ["complete", "complete", "pruned"]
    assert [weights_path(tmp_path, task).is_file() for task in tasks] == [True, True, False]
    assert len(list((tmp_path / "weights").iterdir())) == 5  # beside those of the search
    assert [checkpoint_path(tmp_path, task).is_file() for task in tasks] == [False, False, True]
