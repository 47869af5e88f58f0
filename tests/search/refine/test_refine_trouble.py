"""Refinement: interrupts, networks that fail, other machines, damage."""

from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import Architecture
from modsearch.record import Environment, Score, Task, Trained
from modsearch.search import (
    Request,
    RunPlace,
    SearchFailed,
    Study,
    load_study,
    mend,
    open_for_refinement,
    open_run,
    planned,
)
from tests.conformance.lucky import LuckyEvaluator
from tests.conformance.tabulated import study_spec
from tests.search.refine.refining import SPEC, log, refine, run, search, times

__all__ = ["run"]

pytestmark = pytest.mark.slow


class Interrupted(LuckyEvaluator):
    def train(self, task: Task, *arguments: Any, **named: Any) -> Trained:
        if len(self.tasks) == 7:
            raise KeyboardInterrupt
        return super().train(task, *arguments, **named)


def test_an_interrupted_refinement_goes_on(run: Path, tmp_path: Path) -> None:
    first = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        refine(run, first, seeds=4)
    assert len(log(run).results) == 7
    second = refine(run, seeds=4)
    assert not set(first.tasks) & set(second.tasks)
    whole = tmp_path / "whole"
    search(whole, study_spec(**SPEC))
    refine(whole, seeds=4)
    assert {r.task.key: r.score for r in log(run).results} == {r.task.key: r.score for r in log(whole).results}


class Broken(LuckyEvaluator):
    """One network diverges whenever it is trained."""

    broken = ""

    def train(self, task: Task, *arguments: Any, **named: Any) -> Trained:
        if task.architecture.id == self.broken:
            self.tasks.append(task.key)
            raise ArithmeticError("the loss is not a number")
        return super().train(task, *arguments, **named)


def test_a_network_that_fails_is_left_alone_until_the_next_start(run: Path) -> None:
    evaluator = Broken()
    with open_for_refinement(str(run)) as (study, _):
        plan = planned(study, Request(study.spec.fidelity))
    evaluator.broken = plan.networks[0].id
    refine(run, evaluator, seeds=3)
    assert sum(key.startswith(evaluator.broken) for key in evaluator.tasks) == 2
    assert times(run)[evaluator.broken] == 0
    assert min(times(run)[network.id] for network in plan.networks[1:]) == 2
    refine(run, seeds=3)
    assert times(run)[evaluator.broken] >= 2


class Elsewhere(LuckyEvaluator):
    """Another machine than the search's."""

    def measure(self, architecture: Architecture) -> Score:
        score = super().measure(architecture)
        place = Environment(device="Table B", threads=1, software="formula 2")
        latency = score.metrics["relative_latency"].model_copy(update={"environment": place})
        return score.model_copy(update={"metrics": score.metrics | {"relative_latency": latency}})


def test_what_is_timed_on_another_machine_is_chosen_and_trained_nowhere(run: Path) -> None:
    evaluator = Elsewhere()
    with pytest.raises(SearchFailed, match=r"the study's relative_latency was measured on Table A.*this is Table B"):
        refine(run, evaluator, seeds=2, has_controls=True)
    assert evaluator.tasks == []
    [plan] = log(run).plans.values()
    assert not any("narrow" in network.control_of.values() for network in plan.networks)
    refine(run, seeds=2, has_controls=True)
    [plan] = log(run).plans.values()
    assert any("narrow" in network.control_of.values() for network in plan.networks)


def read(folder: Path) -> Study:
    return load_study(str(folder))


def test_damaged_entries_are_named_and_removed_by_the_doctor(run: Path) -> None:
    refine(run, seeds=2)
    study = read(run)
    name = f"refinement/{log(run).results[0].task.key}"
    study.optuna_study.set_user_attr(name, {"task": 3})
    with pytest.raises(ValueError, match=r"refinement/.*task must be"):
        log(run)
    [finding] = mend(str(run))
    assert name in finding.text
    assert len(log(run).results) == sum(times(run).values())


def test_nothing_is_refined_of_an_empty_study(tmp_path: Path) -> None:
    evaluator = LuckyEvaluator()
    with open_run(study_spec(), evaluator, RunPlace(tmp_path / "run")):
        pass
    with pytest.raises(ValueError, match="Study table has scored no network yet"):
        refine(tmp_path / "run")


class BrokenOnce(LuckyEvaluator):
    """The first training of each network that may be near the front diverges."""

    def train(self, task: Task, *arguments: Any, **named: Any) -> Trained:
        if task.replicate == 1 and task.architecture.id in self.broken:
            self.tasks.append(task.key)
            raise ArithmeticError("the loss is not a number")
        return super().train(task, *arguments, **named)

    broken: tuple[str, ...] = ()


def test_a_network_that_failed_once_does_not_end_the_others_doubts(run: Path) -> None:
    with open_for_refinement(str(run)) as (study, _):
        plan = planned(study, Request(study.spec.fidelity))
    evaluator = BrokenOnce()
    evaluator.broken = tuple(network.id for network in plan.having("near"))[:1]
    refine(run, evaluator, seeds=6)
    [broken] = evaluator.broken
    doubtful = [times(run)[network.id] for network in plan.networks if network.roles in (("near",), ("near", "drawn"))]
    assert times(run)[broken] >= 1
    assert max(doubtful) > 2
