"""A network of a study is chosen alike in every verb."""

import json
from pathlib import Path
from typing import Any

import pytest

from modsearch.cli import run
from modsearch.cli.target import Choice, resolve
from tests.cli.test_command import fails
from tests.conformance.remeasured import search


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The five networks of the small space."""
    return search(tmp_path_factory.mktemp("run"))


def described(study: str, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(["describe", study, "--json", *words]) == 0
    return str(json.loads(capsys.readouterr().out)["id"])


def members(study: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert run(["front", study, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["networks"]
    return found


def test_without_a_choice_it_is_the_most_accurate(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = members(study, capsys)
    most = max(member["scores"]["accuracy"]["value"] for member in found)
    best = {member["id"] for member in found if member["scores"]["accuracy"]["value"] == most}
    assert described(study, capsys) in best


def test_each_way_to_choose(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [str(member["id"]) for member in members(study, capsys)]
    assert described(study, capsys, "--id", ids[0]) == ids[0]
    assert described(study, capsys, "--under", "relative_latency=0.31") == ids[0]
    assert described(study, capsys, "--knee") in ids[1:-1]


def test_bad_choices_are_one_line(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--id must be given without --knee" in fails(capsys, "describe", study, "--id", "a", "--knee")
    assert "has no network 'abc'" in fails(capsys, "describe", study, "--id", "abc")
    assert "has no network ''" in fails(capsys, "describe", study, "--id", "")
    told = "--under must be METRIC=LIMIT, such as relative_latency=0.8"
    for text in ("relative_latency", "relative_latency=", "relative_latency=fast", "relative_latency=nan"):
        assert told in fails(capsys, "describe", study, "--under", text)
    assert "choose a network of a study" in fails(capsys, "describe", "resnet18", "--knee")
    assert "There is no folder" in fails(capsys, "describe", str(tmp_path / "nowhere"), "--knee")


def test_a_published_network_needs_no_choice() -> None:
    target = resolve("resnet50", Choice())
    assert (target.num_classes, target.image_size, target.study, target.trials) == (1000, 224, None, ())
