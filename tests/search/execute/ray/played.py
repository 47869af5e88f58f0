"""A dispatch over a tabulated evaluator, for tests that need no ray."""

from pathlib import Path

from modsearch.search import Listener, Study
from modsearch.search.execute.assignment import Assignment, Outcome, measure, train
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.ray.dispatch import Dispatch
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

EVALUATOR = TabulatedEvaluator()


def dispatch(study: Study, tmp_path: Path, measurer: "Bench | None" = None) -> Dispatch:
    return Dispatch(Loop(study, tmp_path, Listener()), measurer)


def handed_out(found: object) -> Assignment:
    assert isinstance(found, Assignment)
    return found


def score(assignment: Assignment) -> Outcome:
    spec = study_spec()
    measured = assignment.measured or measure(assignment, spec, EVALUATOR)
    return train(assignment, measured, spec, EVALUATOR, lambda *_: None)


class Bench:
    """A measurer that measures at once, unless something trains."""

    def __init__(self) -> None:
        self.num_training: list[int] = []

    def measured(self, loop: Loop, num_training: int) -> list[tuple[Assignment, Outcome]]:
        self.num_training.append(num_training)
        assignment = None if num_training else loop.next()
        return [(assignment, measure(assignment, loop.study.spec, EVALUATOR))] if assignment else []


def states(study: Study) -> list[str]:
    return [trial.state for trial in study.trials() if not trial.is_repeat]
