"""A study whose timings were not precise: ``front`` and ``status`` say so, ``retime`` and a search's end mend it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from modsearch import scoring
from modsearch.architecture import Architecture
from modsearch.cli import run, search
from modsearch.record import Score
from modsearch.search import own_remeasurements
from modsearch.space import Deployment, StudySpec
from tests.conformance.remeasured import ELSEWHERE, measure_beside
from tests.search.retime.test_remeasurement import SPEC, BusyHour, Timer, plain_ids, searched


@pytest.fixture
def study(tmp_path: Path) -> str:
    with searched(tmp_path / "run"):
        return str(tmp_path / "run")


def front(study: str, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[list[dict[str, Any]], str]:
    assert run(["front", study, "--json", *words]) == 0
    said = capsys.readouterr()
    return json.loads(said.out)["networks"], said.err


def test_what_is_uncertain_is_said_and_timed_again_where_that_is_asked_for(
    study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scoring, "measure_at", Timer())
    members, said = front(study, capsys, "--plot", str(tmp_path / "front.svg"))
    told = "Uncertain: the front rests on 2 networks timed less precisely than asked for"
    assert said.startswith(told)
    assert "modsearch retime STUDY on a quiet machine times them again" in said
    assert told.partition(":")[0] in (tmp_path / "front.svg").read_text(encoding="utf-8")
    assert run(["front", study]) == 0
    assert told in " ".join(capsys.readouterr().out.split())
    assert run(["status", study]) == 0
    assert "2 that it rests on timed less precisely than asked for" in " ".join(capsys.readouterr().out.split())
    assert run(["retime", study]) == 0
    assert "Uncertain" not in capsys.readouterr().out
    again, said = front(study, capsys)
    assert said == ""
    assert {member["id"] for member in again} > {member["id"] for member in members}
    assert all(member["uncertain"] == [] for member in again)
    plain = next(member for member in again if "M" not in member["description"])
    assert run(["describe", study, "--id", plain["id"], "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)["deployments"]["cpu"]["measured"]["relative_latency"]
    assert measured["value"] == plain["scores"]["relative_latency"]["value"]
    assert run(["retime", study]) == 2
    assert "is measured at its own deployments. Say what changes" in capsys.readouterr().err


def test_seconds_are_heard_and_what_has_no_meaning_is_refused(
    study: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[float] = []
    timer = Timer()

    def measure_at(network: Architecture, place: str, deployment: Deployment, spec: StudySpec) -> Score:
        heard.append(spec.timing.seconds)
        return timer(network, place, deployment, spec)

    monkeypatch.setattr(scoring, "measure_at", measure_at)
    for option in (["--deployment", "cpu"], ["--front-only"]):
        assert run(["retime", study, *option]) == 2
        assert "need what changes, such as --batch-size 16" in capsys.readouterr().err
    assert run(["retime", study, "--seconds", "300"]) == 0
    assert heard == [300, 300]


def test_a_front_that_a_probe_timed_is_given_no_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with searched(tmp_path / "run", where=ELSEWHERE):
        study = str(tmp_path / "run")
    said = front(study, capsys)[1]
    assert said.startswith("Uncertain")
    assert "times them again" not in said


def test_a_front_elsewhere_is_mended_by_the_same_command(
    study: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    timed: list[str] = []
    half_width = 0.5

    def measure(architecture: Architecture, *rest: Any) -> Score:
        timed.append(architecture.id)
        score = measure_beside(architecture, *rest)
        latency = score.metrics["relative_latency"]
        ends = {"low": latency.value * (1 - half_width), "high": latency.value * (1 + half_width)}
        return score.model_copy(update={"metrics": {"relative_latency": latency.model_copy(update=ends)}})

    monkeypatch.setattr(scoring, "measure_beside", measure)
    assert run(["retime", study, "--batch-size", "16"]) == 0
    assert len(timed) == 6
    capsys.readouterr()
    members, said = front(study, capsys, "--deployment", "cpu-b16")
    assert all(member["uncertain"] == ["cpu-b16"] for member in members)
    assert "The same modsearch retime on a quiet machine times them again." in said
    half_width = 0.01
    assert run(["retime", study, "--batch-size", "16"]) == 0
    assert {member["id"] for member in members} <= set(timed[6:])
    capsys.readouterr()
    assert front(study, capsys, "--deployment", "cpu-b16")[1] == ""
    num_timed = len(timed)
    assert run(["retime", study, "--batch-size", "16"]) == 0
    assert len(timed) == num_timed


def test_a_search_times_again_what_its_front_rests_on_before_it_prints_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Evaluator(BusyHour):
        num_images, num_held_out, left_out, device = 1, 0, "", SimpleNamespace(type="cpu")
        spec = SPEC
        tables: ClassVar[dict[str, Any]] = {}

        def __init__(self, *_: object, **__: object) -> None:
            super().__init__()

        def pretrained(self) -> list[Any]:
            return []

        def share(self) -> None:
            return None

    monkeypatch.setattr(scoring, "LocalEvaluator", Evaluator)
    monkeypatch.setattr(scoring, "measure_at", timer := Timer())
    search._run(SPEC, tmp_path / "run", None, "cpu")
    said = " ".join(capsys.readouterr().out.split())
    assert "2 networks were timed again, less precise than asked for before" in said
    assert "Uncertain" not in said
    with searched(tmp_path / "run") as study:
        assert {result.architecture_id for result in own_remeasurements(study)} == set(timer.timed) == plain_ids(study)
