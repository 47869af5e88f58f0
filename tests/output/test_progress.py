"""The live display: what it counts, and its lines on terminals and elsewhere."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from modsearch.output import SearchDisplay
from modsearch.record import Measurement, hypervolume, pareto_front
from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

SPEC = study_spec(budget={"trials": 6}, constraints=[{"metric": "relative_latency", "max": 0.7}])


def search(folder: Path, is_terminal: bool, **fault: object) -> tuple[SearchDisplay, str]:
    evaluator = TabulatedEvaluator(**fault)  # type: ignore[arg-type]
    console = Console(file=StringIO(), force_terminal=is_terminal, width=100)
    with open_run(SPEC, evaluator, RunPlace(folder)) as study, SearchDisplay(study.header, console) as display:
        LocalExecutor(study, evaluator, folder, display).run()
    assert isinstance(console.file, StringIO)
    return display, console.file.getvalue()


@pytest.mark.parametrize("is_terminal", [False, True])
def test_one_line_for_each_trial_that_ended(tmp_path: Path, is_terminal: bool) -> None:
    _, text = search(tmp_path, is_terminal, fault="exception", fault_at=(2,))
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).splitlines()
    study = load_study(str(tmp_path))
    trials = [each for each in study.trials() if not each.is_repeat]
    assert {each.state for each in trials} == {"complete", "failed", "pruned"}
    for trial in trials:
        assert trial.architecture is not None
        (line,) = (each for each in lines if each.startswith(f"{trial.number:>4} {trial.state:<8} "))
        assert trial.reason in line
        assert trial.architecture.describe() in line
    if not is_terminal:
        assert len(text.splitlines()) == 1 + len(trials)
        assert "\x1b" not in text


@pytest.mark.parametrize("is_terminal", [False, True])
def test_front_and_hypervolume_are_counted(tmp_path: Path, is_terminal: bool) -> None:
    display, _ = search(tmp_path, is_terminal)
    study = load_study(str(tmp_path))
    values = [each.score.values(SPEC.objectives) for each in study.trials() if each.state == "complete" and each.score]
    volume = hypervolume(values, SPEC.directions, study.header.hypervolume_reference)
    assert volume > 0
    (task,) = (each for each in display.progress.tasks if each.id == display.trials_bar)
    assert (task.completed, task.total) == (6, 6)
    front = set(pareto_front(values, SPEC.directions))
    assert task.fields["note"] == f"front {len({values[index] for index in front})}, hypervolume {volume:.4f}"


def test_a_resumed_search_says_what_it_has(tmp_path: Path) -> None:
    search(tmp_path, False)
    display, text = search(tmp_path, False)
    assert text.splitlines()[1:] == ["going on after 6 trained networks"]
    assert display.progress.tasks[0].completed == 6


@pytest.mark.parametrize(("low", "high", "is_noisy"), [(0.98, 1.01, False), (1.02, 1.3, True)])
def test_it_says_how_quiet_the_machine_is(tmp_path: Path, low: float, high: float, is_noisy: bool) -> None:
    search(tmp_path, False)
    check = Measurement(value=(low + high) / 2, low=low, high=high, unit="x reference")
    header = load_study(str(tmp_path)).header.model_copy(update={"self_check": {"relative_latency": check}})
    console = Console(file=StringIO(), force_terminal=False, width=100)
    SearchDisplay(header, console).on_start([])
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert f"relative_latency of resnet20_cifar against itself: {check.value:.3f} ({low:.3f} to {high:.3f}" in text
    assert ("too noisy" in text) == is_noisy


def test_the_bars_show_the_current_network(tmp_path: Path) -> None:
    _, text = search(tmp_path, True)
    assert "networks" in text
    assert "epochs" in text
    assert "6/6" in text
