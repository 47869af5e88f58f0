"""A dispatch over a tabulated evaluator, for tests that need no ray."""

from pathlib import Path

from modsearch.search import Listener, Study
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.ray.dispatch import Dispatch, Visit
from modsearch.search.execute.work import Outcome, Work, measure, train
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

EVALUATOR = TabulatedEvaluator()


def dispatch(study: Study, tmp_path: Path, size: int = 1, measurer: "Bench | None" = None) -> Dispatch:
    return Dispatch(Loop(study, tmp_path, Listener()), size, measurer)


def visit_of(found: object) -> Visit:
    assert isinstance(found, list)
    return found


def score(work: Work, measured: Outcome | None) -> Outcome:
    spec = study_spec()
    measured = measured or measure(work, spec, EVALUATOR)
    return train(work, measured, spec, EVALUATOR, lambda *_: None)


class Bench:
    """A measurer that measures at once, unless something trains."""

    def __init__(self) -> None:
        self.num_training: list[int] = []

    def measured(self, loop: Loop, num_training: int) -> list[tuple[Work, Outcome]]:
        self.num_training.append(num_training)
        work = None if num_training else loop.next()
        return [(work, measure(work, loop.study.spec, EVALUATOR))] if work else []


def states(study: Study) -> list[str]:
    return [each.state for each in study.trials() if not each.is_repeat]
