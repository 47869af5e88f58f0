"""A small run, and refinements of it by an evaluator with luck."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from modsearch.search import (
    Listener,
    LocalExecutor,
    RefinementLog,
    RefineSource,
    Request,
    RunPlace,
    load_study,
    open_for_refinement,
    open_run,
    prepare,
)
from modsearch.space import StudySpec
from tests.conformance.lucky import LuckyEvaluator
from tests.conformance.tabulated import study_spec

SPEC = {"budget": {"trials": 20}, "controls": ["deleted"]}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A search of twenty networks."""
    search(tmp_path / "run", study_spec(**SPEC))
    return tmp_path / "run"


def search(folder: Path, spec: StudySpec) -> None:
    evaluator = LuckyEvaluator()
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()


@contextmanager
def opened(folder: Path, evaluator: LuckyEvaluator, **asked: Any) -> Iterator[LocalExecutor]:
    with open_for_refinement(str(folder)) as (study, _):
        request = Request(asked.pop("fidelity", study.spec.fidelity), **asked)
        make_source = partial(RefineSource, refinement=prepare(study, request, evaluator.measure))
        yield LocalExecutor(study, evaluator, folder, Listener(), make_source=make_source)


def refine(folder: Path, evaluator: LuckyEvaluator | None = None, **asked: Any) -> LuckyEvaluator:
    evaluator = evaluator or LuckyEvaluator()
    with opened(folder, evaluator, **asked) as executor:
        executor.run()
    return evaluator


def log(folder: Path) -> RefinementLog:
    return RefinementLog(load_study(str(folder)))


def times(folder: Path) -> Counter[str]:
    return Counter(result.task.architecture.id for result in log(folder).results)
