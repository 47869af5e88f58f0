"""The corner of the hypervolume: it waits for the first design, is fixed once, and stays."""

from pathlib import Path
from typing import Any

import optuna
import pytest

from modsearch.search import Header, Listener, LocalExecutor, RunPlace, Study, corner_of, load_study, open_run
from modsearch.search.execute.budget import BudgetMeter
from modsearch.search.propose.ehvi import EhviSampler
from modsearch.search.propose.history import History
from modsearch.search.propose.sampler import create_sampler, first_design
from modsearch.search.store.corner import fix_corner
from modsearch.search.store.header import HEADER
from modsearch.statistic import hypervolume
from tests.conformance.tabulated import TabulatedEvaluator, accuracy, cost, study_spec

CHANCE, COSTLIEST = 0.1, cost(study_spec().space.costliest()) / 10
NUM_FIRST = 10  # of random search


class Heard(Listener):
    def __init__(self) -> None:
        self.headers: list[Header] = []

    def on_header(self, header: Header) -> None:
        self.headers.append(header)


def search(folder: Path, trials: int, storage: str | None = None, **overrides: Any) -> Heard:
    evaluator, heard = TabulatedEvaluator(), Heard()
    spec = study_spec(budget={"trials": trials}, **overrides)
    with open_run(spec, evaluator, RunPlace(folder, storage)) as study:
        LocalExecutor(study, evaluator, folder, heard).run()
    return heard


def accuracies(study: Study) -> list[float]:
    return [
        accuracy(trial.architecture)
        for trial in study.trials()
        if trial.state == "complete" and not trial.is_repeat and trial.architecture
    ]


def wait_again(study: Study, **fields: Any) -> None:
    """Write the header as it was before the corner was fixed, as a search leaves it that dies just before."""
    before = study.header.model_copy(update={"hypervolume_reference": (CHANCE, COSTLIEST), "first_design": NUM_FIRST})
    study.optuna_study.set_user_attr(HEADER, before.model_copy(update=fields).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("sampler", "num"), [("ehvi", 6), ("nsga2", 20), ("tpe", NUM_FIRST), ("gp", NUM_FIRST), ("random", NUM_FIRST)]
)
def test_a_sampler_says_how_large_its_first_design_is(sampler: str, num: int) -> None:
    spec = study_spec(sampler=sampler, budget={"trials": 100})
    assert first_design(spec) == num
    found = create_sampler(spec, 0)
    if isinstance(found, optuna.samplers.NSGAIISampler):
        assert found.population_size == num
    if isinstance(found, optuna.samplers.TPESampler | optuna.samplers.GPSampler):
        assert found._n_startup_trials == num
    assert isinstance(found, EhviSampler) == (sampler == "ehvi")


def test_the_corner_waits_for_the_first_design_and_is_fixed_when_it_ends(tmp_path: Path) -> None:
    assert search(tmp_path, NUM_FIRST - 1).headers == []
    waiting = load_study(str(tmp_path))
    assert (waiting.header.hypervolume_reference, waiting.header.first_design) == ((CHANCE, COSTLIEST), NUM_FIRST)
    assert corner_of(waiting.header, waiting.trials()) == (min(accuracies(waiting)), COSTLIEST)
    [told] = search(tmp_path, NUM_FIRST).headers
    fixed = load_study(str(tmp_path))
    assert told == fixed.header
    assert (fixed.header.hypervolume_reference, fixed.header.first_design) == ((min(accuracies(fixed)), COSTLIEST), 0)
    assert corner_of(fixed.header, fixed.trials()) == fixed.header.hypervolume_reference


def test_a_fixed_corner_stays_whatever_comes(tmp_path: Path) -> None:
    search(tmp_path, 6, sampler="ehvi")
    before = load_study(str(tmp_path)).header
    assert before.first_design == 0
    assert search(tmp_path, 20, sampler="nsga2").headers == []
    after = load_study(str(tmp_path))
    assert min(accuracies(after)) < before.hypervolume_reference[0]  # else nothing is tested
    assert after.header.hypervolume_reference == before.hypervolume_reference


def test_a_study_of_the_first_release_keeps_its_corner(tmp_path: Path) -> None:
    search(tmp_path, 2)
    study = load_study(str(tmp_path))
    stored = study.header.model_dump(mode="json")
    del stored["first_design"]
    study.optuna_study.set_user_attr(HEADER, stored)
    assert search(tmp_path, NUM_FIRST + 2).headers == []
    assert load_study(str(tmp_path)).header.hypervolume_reference == (CHANCE, COSTLIEST)


def test_a_search_that_died_before_it_wrote_finds_the_same_later(tmp_path: Path) -> None:
    search(tmp_path, NUM_FIRST)
    study = load_study(str(tmp_path))
    expected = study.header.hypervolume_reference
    wait_again(study)
    search(tmp_path, 20)
    assert load_study(str(tmp_path)).header.hypervolume_reference == expected


def test_a_spent_search_that_is_started_again_fixes_what_was_left_open(tmp_path: Path) -> None:
    search(tmp_path, NUM_FIRST)
    study = load_study(str(tmp_path))
    expected = study.header
    wait_again(study)
    assert [header.hypervolume_reference for header in search(tmp_path, NUM_FIRST).headers] == [
        expected.hypervolume_reference
    ]


@pytest.mark.slow
def test_of_several_drivers_the_first_one_fixes_it_for_all(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    search(tmp_path / "one", NUM_FIRST, url)
    slow = load_study(f"{url}#table")
    wait_again(slow)
    slow = load_study(f"{url}#table")
    assert slow.header.first_design == NUM_FIRST  # what the slow one knows from now on
    other = load_study(f"{url}#table")
    fast = fix_corner(other)
    assert fast is not None
    marked = fast.model_copy(update={"hypervolume_reference": (0.123, COSTLIEST)})
    other.optuna_study.set_user_attr(HEADER, marked.model_dump(mode="json"))
    found = fix_corner(slow)
    assert found is not None
    assert found.hypervolume_reference == slow.header.hypervolume_reference == (0.123, COSTLIEST)
    assert fix_corner(slow) is None  # and says so once
    search(tmp_path / "two", NUM_FIRST + 1, url)  # a driver that joins leaves it too
    assert load_study(f"{url}#table").header.hypervolume_reference == (0.123, COSTLIEST)


def test_from_the_corner_two_networks_are_not_nearly_everything(tmp_path: Path) -> None:
    """The kind of study in which they gave 99 % from chance accuracy: all networks are good, and differ little."""
    header = Header(
        spec=study_spec(),
        fingerprint={},
        folder="",
        environments={},
        hypervolume_reference=(CHANCE, 2.0),
        first_design=2,
    )
    values = [(0.900, 0.2), (0.905, 0.4), (0.925, 0.9), (0.93, 1.4)]

    def share(corner: tuple[float, ...]) -> float:
        part, whole = (hypervolume(points, ("maximize", "minimize"), corner) for points in (values[:2], values))
        return part / whole

    assert share(header.hypervolume_reference) > 0.97
    assert share(header.corner([value for value, _ in values])) < 0.5


def test_there_is_no_plateau_before_the_corner_is_fixed(tmp_path: Path) -> None:
    """The first network adds nothing down to its own accuracy, however long it took."""
    spec = study_spec(budget={"plateau": 0.01, "trials": 50})
    evaluator = TabulatedEvaluator()
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        slow = [trial.model_copy(update={"seconds": 4000.0}) for trial in study.trials() if trial.state == "complete"]
        history = History(spec)
        assert BudgetMeter(study, slow).ending(history) == "plateau"
        wait_again(study)
        study.read_header_again()
        assert BudgetMeter(study, slow[:1]).ending(history) is None
