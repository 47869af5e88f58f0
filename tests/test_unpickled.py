"""Nothing that a storage or a run's folder holds is unpickled: a run that came from elsewhere can run no code."""

import ast
import pickle  # noqa: TID251  # to forbid it
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modsearch
from modsearch.search import LocalExecutor, RunPlace, load_study, mend, open_run
from modsearch.search.propose.sampler import create_sampler
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

FOLDER = Path(modsearch.__file__).parent
UNPICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
            yield from (alias.name for alias in node.names)


def calls(tree: ast.AST) -> Iterator[str]:
    """As ``torch.load``, with the names of keyword arguments that are not False."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
            yield from (keyword.arg or "**" for keyword in node.keywords if ast.unparse(keyword.value) != "False")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_module_can_unpickle(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not UNPICKLERS & set(imported(tree))
    assert not {"torch.load", "torch.hub.load", "yaml.unsafe_load", "yaml.full_load", "allow_pickle"} & set(calls(tree))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_a_study_is_searched_read_and_mended_without_pickle(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_sampler(study_spec(sampler="ehvi"), 0)  # what it imports defines unpicklers of its own

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was unpickled")

    for name in ("load", "loads", "Unpickler", "_load", "_loads", "_Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    url = f"sqlite:///{tmp_path}/studies.db" if kind == "sqlite" else None
    place = RunPlace(tmp_path / "run", url)
    for num in (2, 4):
        evaluator = TabulatedEvaluator()
        with open_run(study_spec(budget={"trials": num}, sampler="ehvi"), evaluator, place) as study:
            LocalExecutor(study, evaluator, place.folder).run()
    target = f"{url}#table" if url else str(place.folder)
    assert len([trial for trial in load_study(target).trials() if trial.state == "complete"]) == 4
    assert mend(target) == []
