"""What lies in the place of pretrained weights, and what is said where nothing lies there."""

import hashlib
import re
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from modsearch.models import pretrained_file
from modsearch.models.pretrained_file import pretrained_weights

TENSORS = {"conv1.weight": torch.arange(6.0)}


def saved(tensors: dict[str, torch.Tensor]) -> bytes:
    file = BytesIO()
    torch.save(tensors, file)
    return file.getvalue()


RIGHT = saved(TENSORS)


@pytest.fixture
def name() -> str:
    return f"resnet18-{hashlib.sha256(RIGHT).hexdigest()[:8]}.pth"


@pytest.fixture
def place(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the weights belong, in an empty cache of torch; they come from a folder ``host``."""
    url = (tmp_path / "host" / name).as_uri()
    get_state_dict = partial(torch.hub.load_state_dict_from_url, url)  # as torchvision's own does
    weights = SimpleNamespace(DEFAULT=SimpleNamespace(url=url, get_state_dict=get_state_dict))
    monkeypatch.setattr(pretrained_file, "get_model_weights", lambda _: weights)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    (tmp_path / "hub/checkpoints").mkdir(parents=True)
    return tmp_path / "hub/checkpoints" / name


WRONG: dict[str, Callable[[], bytes]] = {
    "zeros": lambda: bytes(len(RIGHT)),
    "a page": lambda: b"<html>Log in to this network</html>",
    "half": lambda: RIGHT[: len(RIGHT) // 2],
    "empty": lambda: b"",
    "other weights": lambda: saved({"conv1.weight": torch.ones(6)}),
}


@pytest.mark.parametrize("case", WRONG)
def test_another_file_in_the_place_of_the_weights_is_refused_by_its_hash(case: str, place: Path) -> None:
    content = WRONG[case]()
    place.write_bytes(content)
    wanted, found = (hashlib.sha256(data).hexdigest()[:8] for data in (RIGHT, content))
    rule = (
        rf"^{place} must hold torchvision's weights of resnet18 \(SHA-256 {wanted}\.\.\.\)\. Got {len(content):,} "
        rf"bytes with SHA-256 {found}\.\.\. instead\. Remove it and it is downloaded again, or lay "
        r"a right copy there\.$"
    )
    with pytest.raises(ValueError, match=rule):
        pretrained_weights("resnet18")
    place.write_bytes(RIGHT)
    assert torch.equal(pretrained_weights("resnet18")["conv1.weight"], TENSORS["conv1.weight"])


def test_a_download_is_kept(place: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / name).write_bytes(RIGHT)
    assert torch.equal(pretrained_weights("resnet18")["conv1.weight"], TENSORS["conv1.weight"])
    assert place.read_bytes() == RIGHT


@pytest.mark.parametrize("case", ["away", "wrong"])
def test_without_the_file_it_is_said_what_is_wanted_from_where_and_where_to(
    case: str, place: Path, tmp_path: Path, name: str
) -> None:
    if case == "wrong":
        (tmp_path / "host").mkdir()
        (tmp_path / "host" / name).write_bytes(WRONG["a page"]())
    reason = "invalid hash value .*" if case == "wrong" else ".*No such file or directory.*"
    rule = (
        r"^The file of torchvision's weights of resnet18 cannot be downloaded from "
        rf"{re.escape((tmp_path / 'host' / name).as_uri())}: {reason}\. Without a network lay a copy at {place} "
        rf"\(SHA-256 {place.stem[-8:]}\.\.\.\)\.$"
    )
    with pytest.raises(OSError, match=rule) as caught:
        pretrained_weights("resnet18")
    assert caught.value.filename is None  # which would be told as a path that was given
    assert not place.exists()
