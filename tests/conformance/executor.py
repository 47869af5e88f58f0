"""The executors under test, and a run of one of them. A new executor is a line in EXECUTORS."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from modsearch.record import Trial
from modsearch.search import (
    Ending,
    Evaluator,
    Listener,
    LocalExecutor,
    RunPlace,
    Study,
    load_study,
    open_run,
)
from modsearch.space import StudySpec
from tests.conformance.tabulated import (
    TabulatedEvaluator,
)


class Executor(Protocol):
    def run(self) -> Ending: ...


EXECUTORS: dict[str, Callable[[Study, Evaluator, Path, Listener], Executor]] = {
    "local": LocalExecutor,
}
SAMPLERS = ("ehvi", "nsga2", "tpe", "random", "gp")


class Run:
    """A run in one folder, searched as often as a test wants."""

    def __init__(self, executor: str, folder: Path, storage: str | None = None) -> None:
        self.name, self.executor = executor, EXECUTORS[executor]
        self.place = RunPlace(folder, storage)

    def search(
        self, spec: StudySpec, evaluator: TabulatedEvaluator | None = None, listener: Listener | None = None
    ) -> Ending:
        evaluator = evaluator or TabulatedEvaluator()
        with open_run(spec, evaluator, self.place) as study:
            return self.executor(study, evaluator, self.place.folder, listener or Listener()).run()

    @property
    def study(self) -> Study:
        url = self.place.storage
        return load_study(f"{url}#table" if url else str(self.place.folder))

    def trials(self, state: str | None = None) -> list[Trial]:
        return [trial for trial in self.study.trials() if state in (None, trial.state) and not trial.is_repeat]


def ids(trials: list[Trial]) -> list[str]:
    return [trial.architecture.id for trial in trials if trial.architecture is not None]
