import re
from pathlib import Path

import pytest
import yaml

from modsearch.space import dump_spec, load_spec, shipped_spaces
from tests.space.shipped import NAMES, shipped_data

ROOT = Path(__file__).parents[2]


def _load(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    load_spec(str(path))


def test_every_file_of_the_folder_is_shipped() -> None:
    assert sorted(path.stem for path in (ROOT / "search_spaces").iterdir()) == NAMES


def test_path_and_name_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(shipped_data()))
    assert load_spec(str(tmp_path / "mine.yaml")) == load_spec("cifar10_resnet_small")


def test_dump_writes_plain_yaml() -> None:
    data = yaml.safe_load(dump_spec(load_spec("cifar10_resnet_small")))
    assert data["space"]["c"] == [2, 4, 8, 16]
    assert data["data"] == {"kind": "cifar10"}


def test_unknown_name_gets_the_nearest() -> None:
    message = r"^There is no search space 'cifar10_resnet19', only .*\. Did you mean 'cifar10_resnet18'\?$"
    with pytest.raises(ValueError, match=message):
        load_spec("cifar10_resnet19")


@pytest.mark.parametrize("name", ["nowhere.yaml", "nowhere/x", "../x", "../pyproject.tom"])
def test_missing_file(name: str) -> None:
    with pytest.raises(ValueError, match=f"^There is no file '{re.escape(name)}'\\.$"):
        load_spec(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [1, 2\nspace: 3", r"^\S+mine\.yaml is not valid YAML at line 2, column 6: [^\n]+\.$"),
        ("name: x\n\tspace: 3", r"^\S+mine\.yaml is not valid YAML at line 2, column 1: [^\n]+\.$"),
        ("a: !!python/object:os.system x", r"^\S+mine\.yaml is not valid YAML at line 1, column 4: [^\n]+\.$"),
        ("name: x\nspace: {c: [2], stem: cifar, c: [4]}", r"at line 2, column 30: the key 'c' stands twice\.$"),
        ("name: x\nseed: 1\nname: y", r"at line 3, column 1: the key 'name' stands twice\.$"),
        ("? [a]\n: 1", r"^\S+mine\.yaml is not valid YAML at line 1, column 3: a key must be text, no seq\.$"),
        (
            "name: !!timestamp 2024-99-01",
            r"line 1, column 7: cannot read '2024-99-01' as timestamp: month must be in 1\.\.12\.$",
        ),
        (b"name: \xff", r"^\S+mine\.yaml cannot be read: [^\n]+\.$"),
        ("name: a\x00b", r"^\S+mine\.yaml is not valid YAML[^\n]*\.$"),
        ("", r"^mine\.yaml: the top level must be a mapping\. Got None instead\.$"),
        ("- a\n- b", r"^mine\.yaml: the top level must be a mapping\. Got \['a', 'b'\] instead\.$"),
        ("just words", r"^mine\.yaml: the top level must be a mapping\. Got 'just words' instead\.$"),
        ("name: x\n1: x", r"at line 2, column 1: the key 1 is no text: put it in quotes\.$"),
        ("{deployments: {true: x}}", r"at line 1, column 16: the key true is no text: put it in quotes\.$"),
        ("null: x", r"at line 1, column 1: the key null is no text: put it in quotes\.$"),
        ("{? : x}", r"at line 1, column \d: a key must be text, no null\.$"),
        ("name: x", r"^mine\.yaml: space must be given\.$"),
        ("a: 1\n---\nb: 2", r"^\S+mine\.yaml is not valid YAML at line 2, column 1: [^\n]+\.$"),
    ],
)
def test_broken_files_are_told_in_one_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        _load(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_merged_mappings_may_override(tmp_path: Path) -> None:
    text = yaml.safe_dump(shipped_data() | {"deployments": {}})
    places = "deployments:\n  a: &a {image_size: 32, num_classes: 10}\n  b: {<<: *a, image_size: 64}\n"
    objectives = "objectives: [accuracy, params]\nconstraints: []\n"
    kept = "".join(
        f"{yaml.safe_dump({key: value})}"
        for key, value in yaml.safe_load(text).items()
        if key not in ("deployments", "objectives", "constraints")
    )
    (tmp_path / "mine.yaml").write_text(kept + places + objectives)
    spec = load_spec(str(tmp_path / "mine.yaml"))
    assert [place.image_size for place in spec.deployments.values()] == [32, 64]


def test_folder_is_no_space(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^There is no file "):
        load_spec(str(tmp_path))


def test_names_are_the_files() -> None:
    assert all(path.stem == name and path.is_file() for name, path in shipped_spaces().items())
