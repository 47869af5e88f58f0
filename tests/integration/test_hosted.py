"""The whole way over a real ssh server, by the command line: another user and another runtime."""

import json
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.search import load_study, remeasurements_at
from tests.cli.test_command import fails, write
from tests.integration.ssh_server import HOST, SshServer, box, ssh_server
from tests.scoring.conftest import shorten

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
__all__ = ["box", "ssh_server"]


def deployments(server: SshServer, **changes: object) -> dict[str, dict[str, object]]:
    command = server.script("modsearch", 'exec PYTHON -m modsearch "$@"')
    there = {"image_size": 8, "batch_size": 2, "runtime": "onnxruntime", "host": f"{server.user}@{HOST}"}
    return {"here": {"image_size": 8, "batch_size": 2}, "box": there | {"remote_command": command} | changes}


def test_search_and_retime(
    box: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shorten(monkeypatch)
    changes = {
        "deployments": deployments(box),
        "objectives": ["accuracy", "relative_latency@here", "relative_latency@box"],
        "timing": {"processes": 1, "seconds": 0},
    }
    space, folder = write(tmp_path / "space.yaml", **changes), str(tmp_path / "run")
    monkeypatch.setattr("modsearch.scoring.trial_cost._TIMED_S", 0.001)
    assert run(["plan", space, "--device", "cpu", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["away_s"] > 0
    assert run(["search", space, "--out", folder, "--device", "cpu"]) == 0
    assert f"box: {box.user}@{HOST} is " in " ".join(capsys.readouterr().out.split())
    study = load_study(folder)
    environments = study.header.environments
    assert "onnxruntime" in environments["relative_latency@box"].software
    assert "onnxruntime" not in environments["relative_latency@here"].software
    complete = [trial for trial in study.trials() if trial.state == "complete" and trial.score]
    assert len(complete) == 2
    for trial in complete:
        assert trial.score
        assert trial.score.metrics["relative_latency@box"].value > 0
        assert trial.score.metrics["gmacs@here"] == trial.score.metrics["gmacs@box"]
    words = ["--deployment", "box", "--batch-size", "1", "--seconds", "0", "--front-only", "--json"]
    assert "Give --trust if that may be run there" in fails(capsys, "retime", folder, *words)
    words.append("--trust")
    assert run(["retime", folder, *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["place"] == f"{HOST}-cpu-b1-onnxruntime"
    assert "onnxruntime" in found["environment"]["software"]
    assert all(known.deployment.host is None for known in remeasurements_at(load_study(folder), found["place"]))


def test_what_the_machine_lacks_is_one_line(box: SshServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lacking = {"deployments": deployments(box, runtime="eager", device="cuda:7"), "objectives": ["accuracy", "params"]}
    space = write(tmp_path / "space.yaml", **lacking)
    assert run(["search", space, "--out", str(tmp_path / "run"), "--device", "cpu"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"modsearch: deployments.box: {box.user}@{HOST}: deployment.device must be ")
    assert said.count("\n") == 1
    smuggled = {"deployments": deployments(box, host="-oProxyCommand=sh")}
    told = fails(capsys, "plan", write(tmp_path / "space.yaml", **smuggled))
    assert "deployments.box.host must be machine or user@machine" in told
