"""``modsearch search --executor ray`` where the cluster cannot be used: said before anything is read or timed."""

from pathlib import Path

import pytest

from tests.cli.test_command import fails, write

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore::ResourceWarning")]  # Ray's own files


def search(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    space, out = write(tmp_path / "space.yaml"), tmp_path / "run"
    said = fails(capsys, "search", space, "--out", str(out), "--executor", "ray", *options)
    assert not out.exists()
    return said


def test_nobody_listens_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = search(tmp_path, capsys, "--address", "127.0.0.1:1")
    advice = "To start one: scripts/cluster/hosts start"
    assert said == f"modsearch: No Ray cluster can be reached at '127.0.0.1:1': Connection refused. {advice}\n"


def test_more_gpus_than_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(tmp_path, capsys, "--gpus-per-trial", "64").startswith(
        "modsearch: executor.gpus_per_trial must be at most "
    )


def test_training_on_the_cpu_holds_no_gpu(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modsearch.search.prepare_executor", lambda spec: None)
    said = search(tmp_path, capsys, "--gpus-per-trial", "0.5", "--device", "cpu")
    assert said.startswith("modsearch: device must be cuda where a trial holds a GPU")
    said = search(tmp_path, capsys, "--device", "cuda")
    assert said == (
        "modsearch: executor.gpus_per_trial must be more than 0 where training runs on cuda. Got 0 instead.\n"
    )
