"""More threads than CPUs are said before anything is timed or trained."""

from pathlib import Path
from typing import Any

import pytest

from modsearch.cli import run
from modsearch.cli.place import threads_here, warn_of_threads
from modsearch.space import load_spec
from tests.cli.test_command import write

FIELDS = {"fidelity.threads": 64, "deployments.cpu.threads": 2, "deployments.other.threads": 3}


def test_numbers_of_threads_that_there_are_no_cpus_for_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("modsearch.cli.place.num_cpus", lambda: 2)
    warn_of_threads(FIELDS)
    assert capsys.readouterr().err == (
        "modsearch: fidelity.threads is 64 and deployments.other.threads is 3, and this process may use 2 CPUs. "
        "More threads than CPUs wait for each other, and all takes many times longer.\n"
    )
    monkeypatch.setattr("modsearch.cli.place.num_cpus", lambda: 64)
    warn_of_threads(FIELDS)
    assert capsys.readouterr().err == ""


def test_only_what_runs_on_the_cpus_of_this_machine_counts(tmp_path: Path) -> None:
    spec = load_spec(write(tmp_path / "space.yaml"))
    cpu = spec.deployments["cpu"]
    assert threads_here(spec, "cpu") == {
        "deployments.cpu.threads": cpu.threads,
        "fidelity.threads": spec.fidelity.threads,
    }
    assert threads_here(spec, "cuda:1") == {"deployments.cpu.threads": cpu.threads}
    on_ray = spec.with_overrides({"executor": {"kind": "ray"}})
    assert threads_here(on_ray, "cpu") == {"deployments.cpu.threads": cpu.threads}
    places: dict[str, Any] = {"gpu": {**cpu.model_dump(), "device": "cuda"}}
    assert threads_here(spec.with_overrides({"deployments": places}), "cuda") == {}
    predicted = spec.model_copy(update={"latency_tables": {"cpu": Path("table")}})
    assert threads_here(predicted, "cuda") == {}


@pytest.mark.parametrize("verb", ["search", "plan", "latency-table"])
def test_it_is_said_at_once(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class AtOnce(Exception):  # noqa: N818
        pass

    def warn(asked: dict[str, int]) -> None:
        assert asked["deployments.cpu.threads"] == 1
        raise AtOnce

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"modsearch.cli.{verb.replace('-', '_')}.warn_of_threads", warn)
    with pytest.raises(AtOnce):
        run([verb, write(tmp_path / "space.yaml")])
    assert [path.name for path in tmp_path.iterdir()] == ["space.yaml"]
