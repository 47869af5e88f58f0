"""The live display: what it counts, and its lines on terminals and elsewhere."""

import logging
import re
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from modsearch.output import SearchDisplay
from modsearch.output.live.fault_count import FaultCount
from modsearch.record import Epoch, Measurement, Trial
from modsearch.search import LocalExecutor, RunPlace, corner_of, load_study, open_run
from modsearch.search.store.retry import retry
from modsearch.space import Deployment
from modsearch.statistic import hypervolume, pareto_front
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
    trials = [found_trial for found_trial in study.trials() if not found_trial.is_repeat]
    assert {found_trial.state for found_trial in trials} == {"complete", "failed", "pruned"}
    for trial in trials:
        assert trial.architecture is not None
        (line,) = (candidate for candidate in lines if candidate.startswith(f"{trial.number:>4} {trial.state:<8} "))
        assert trial.reason in line
        assert trial.architecture.describe() in line
    if not is_terminal:
        assert len(text.splitlines()) == 1 + len(trials)
        assert "\x1b" not in text


@pytest.mark.parametrize("is_terminal", [False, True])
def test_front_and_hypervolume_are_counted(tmp_path: Path, is_terminal: bool) -> None:
    display, _ = search(tmp_path, is_terminal)
    study = load_study(str(tmp_path))
    values = [
        trial.score.values(SPEC.objectives) for trial in study.trials() if trial.state == "complete" and trial.score
    ]
    volume = hypervolume(values, SPEC.directions, corner_of(study.header, study.trials()))
    assert volume > 0
    (task,) = (bar for bar in display.progress.tasks if bar.id == display.whole_bar)
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


def shown(display: SearchDisplay, width: int) -> list[str]:
    """The bars as a terminal of this width shows them."""
    console = Console(file=StringIO(), force_terminal=True, width=width, color_system=None)
    console.print(display.progress.get_renderable())
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().rstrip("\n").splitlines()


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    """Twelve networks that were trained."""
    folder, evaluator = tmp_path_factory.mktemp("run"), TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": 12}), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()
        return [trial for trial in study.trials() if trial.state == "complete" and not trial.is_repeat]


@pytest.fixture(params=[80, 120])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> SearchDisplay:
    spec = study_spec(budget={"trials": 1000}, executor={"kind": "ray"})
    console = Console(file=StringIO(), force_terminal=True, width=request.param)
    with open_run(spec, TabulatedEvaluator(), RunPlace(tmp_path)) as study:
        return SearchDisplay(study.header, console)


def test_each_network_at_hand_has_a_bar(terminal: SearchDisplay, trials: list[Trial]) -> None:
    terminal.on_start([])
    for trial in trials[:2]:
        assert trial.architecture is not None
        assert trial.score is not None
        terminal.on_trial(trial.number, trial.architecture)
    first, second = trials[:2]
    assert first.score is not None
    terminal.on_measured(first.number, first.score)
    terminal.on_epoch(second.number, 1, Epoch(loss=123.456, accuracy=0.5, seconds=1.0))
    networks, one, two = shown(terminal, terminal.console.width)
    assert "0/1000" in networks
    assert "front 0, hypervolume 0.0000" in networks
    assert first.architecture is not None
    assert f"  {first.architecture.id}" in one
    assert "0/2" in one
    assert "M parameters" in one
    assert "1/2" in two
    assert "loss 123.456, accuracy 0.500" in two
    assert all(len(line) <= terminal.console.width and "…" not in line for line in (networks, one, two))
    terminal.on_end(first)
    assert len(shown(terminal, 200)) == 2
    terminal.on_epoch(first.number, 2, Epoch(loss=1.0, accuracy=0.5, seconds=1.0))  # news that comes late
    assert len(shown(terminal, 200)) == 2


def test_many_networks_at_hand_leave_room_on_the_terminal(terminal: SearchDisplay, trials: list[Trial]) -> None:
    for trial in trials:
        assert trial.architecture is not None
        terminal.on_trial(trial.number, trial.architecture)
    assert len(shown(terminal, 120)) == 1 + 8
    for index, trial in enumerate(trials, 1):
        terminal.on_end(trial)
        assert len(shown(terminal, 120)) == 1 + min(8, len(trials) - index)


def test_what_failed_is_counted(tmp_path: Path) -> None:
    display, _ = search(tmp_path, False, fault="exception", fault_at=(2, 4))
    assert list(display.faults.lines()) == ["2 x a network failed: RuntimeError: the table has a hole"]


def test_reasons_that_begin_alike_are_counted_together() -> None:
    faults = FaultCount(
        networks=["OutOfMemory: a wants more", "TrialTimeout: no result", "OutOfMemory: b wants more"],
        outages=Counter({"The database": 2}),
        workers={"a worker died: of age": 3},
    )
    assert list(faults.lines()) == [
        "2 x a network failed: OutOfMemory, the last one with b wants more",
        "1 x a network failed: TrialTimeout: no result",
        "3 x a worker died: of age",
        "2 x the database was away",
    ]


def test_an_outage_is_a_line_above_the_bars_and_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.search.store.retry.PAUSES_S", (0.001,))
    search(tmp_path, False)
    console = Console(file=StringIO(), force_terminal=False, width=100)
    errors = iter([FileNotFoundError(2, "No such file or directory")] * 2)

    def act() -> None:
        for error in errors:
            raise error

    with SearchDisplay(load_study(str(tmp_path)).header, console) as display:
        retry(act, str, "The run's folder")
    assert isinstance(console.file, StringIO)
    away, back = console.file.getvalue().splitlines()
    assert away.startswith("The run's folder is away: trying again for 120 seconds ([Errno 2]")
    assert back == "The run's folder is back."
    assert list(display.faults.lines()) == ["1 x the run's folder was away"]
    assert not logging.getLogger("modsearch").handlers
