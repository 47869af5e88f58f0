"""The live display: what it counts, and its lines on terminals and elsewhere."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from modsearch.output import SearchDisplay
from modsearch.record import Measurement, hypervolume, pareto_front
from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from modsearch.space import Deployment
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


@pytest.mark.parametrize(
    ("low", "high", "device", "is_noisy"),
    [
        (0.98, 1.01, "cpu", False),
        (1.01, 1.048, "cpu", False),  # 1 is outside, but not far
        (1.02, 1.045, "cpu", True),  # 1.0325
        (0.96, 1.03, "cpu", True),  # wide
        (0.995, 1.012, "cuda", False),
        (0.98, 1.01, "cuda", True),
    ],
)
def test_it_says_how_quiet_the_machine_is(tmp_path: Path, low: float, high: float, device: str, is_noisy: bool) -> None:
    search(tmp_path, False)
    check = Measurement(value=(low + high) / 2, low=low, high=high, unit="x reference")
    header = load_study(str(tmp_path)).header.model_copy(update={"self_check": {"relative_latency": check}})
    place = Deployment(image_size=8, num_classes=10, device=device)
    header = header.model_copy(update={"spec": header.spec.with_overrides({"deployments": {"here": place}})})
    console = Console(file=StringIO(), force_terminal=False, width=100)
    SearchDisplay(header, console).on_start([])
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert f"relative_latency of resnet20_cifar against itself: {check.value:.3f} ({low:.3f} to {high:.3f}" in text
    wanted = f": this machine is too noisy to trust, 1.000 within {1 if device == 'cuda' else 3} % is wanted"
    assert (wanted in text) == ("too noisy" in text) == is_noisy
    assert len(text.splitlines()) == 1


def test_each_deployment_is_held_to_what_its_device_can_do(tmp_path: Path) -> None:
    search(tmp_path, False)
    check = Measurement(value=1.0, low=0.98, high=1.02, unit="x reference")
    places = {name: Deployment(image_size=8, num_classes=10, device=name) for name in ("cpu", "cuda")}
    spec = SPEC.with_overrides({"deployments": places, "objectives": ("accuracy", "params"), "constraints": ()})
    checks = {f"relative_latency@{name}": check for name in places}
    header = load_study(str(tmp_path)).header.model_copy(update={"self_check": checks, "spec": spec})
    console = Console(file=StringIO(), force_terminal=False, width=100)
    display = SearchDisplay(header, console)
    assert ["too noisy" in display._self_check(name) for name in checks] == [False, True]


def test_the_bars_show_the_current_network(tmp_path: Path) -> None:
    _, text = search(tmp_path, True)
    assert "networks" in text
    assert "epochs" in text
    assert "6/6" in text
