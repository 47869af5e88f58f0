"""``modsearch export`` and ``verify``: exit codes, and one line where something is wrong."""

import resource
import shutil
from pathlib import Path

import pytest
import torch

from modsearch.cli import run
from modsearch.space import TimingProtocol
from tests.cli.test_command import fails, write
from tests.scoring.conftest import shorten

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A finished run of two networks."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        space = write(folder / "space.yaml", timing={"processes": 1, "seconds": 0})
        assert run(["search", space, "--out", str(folder / "tiny"), "--device", "cpu"]) == 0
    return str(folder / "tiny")


def test_a_network_is_exported_and_verified(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["export", study, "--to", str(tmp_path / "out"), "--fold"]) == 0
    said = capsys.readouterr().out
    for line in (
        "model.safetensors in torch",
        "model.onnx in onnxruntime",
        "model.onnx in openvino",
        "model.pt2 in torch",
    ):
        assert line in said
    assert "These are the weights of a proxy" in said
    assert num_batch_norms(tmp_path / "out") == 0
    assert run(["verify", str(tmp_path / "out")]) == 0
    assert "All files are as they were exported." in capsys.readouterr().out
    with (tmp_path / "out" / "model.onnx").open("ab") as file:
        file.write(b"x")
    assert run(["verify", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "modsearch: model.onnx was changed since it was written.\n"


def num_batch_norms(bundle: Path) -> int:
    """In the program for PyTorch; without ``--fold`` it keeps them."""
    nodes = torch.export.load(bundle / "model.pt2").graph.nodes
    return sum("batch_norm" in str(node.target) for node in nodes)


def test_files_in_fewer_bits(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch)
    monkeypatch.setattr("modsearch.bundle.speed._PROTOCOL", TimingProtocol(processes=1, seconds=0))
    capsys.readouterr()
    assert run(["export", study, "--to", str(tmp_path / "out"), "--half", "--int8"]) == 0
    assert num_batch_norms(tmp_path / "out") > 0
    said = capsys.readouterr().out.splitlines()
    for name in ("model.half.onnx", "model.int8.onnx"):
        for runtime in ("onnxruntime", "openvino"):
            assert len([line for line in said if line.startswith(f"{name} in {runtime} ")]) == 2  # accuracy and speed
    assert run(["verify", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len([line for line in said if line.startswith("model.int8.onnx in ")]) == 2
    content = bytearray((tmp_path / "out" / "model.int8.onnx").read_bytes())
    content[100] ^= 1
    (tmp_path / "out" / "model.int8.onnx").write_bytes(content)
    assert run(["verify", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "modsearch: model.int8.onnx was changed since it was written.\n"


def test_bad_input_is_one_line(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert "is neither a study nor the folder of a training" in fails(capsys, "export", "resnet18", "--to", out)
    assert "has no network 'abc'" in fails(capsys, "export", study, "--to", out, "--id", "abc")
    assert "must be a new or an empty folder" in fails(capsys, "export", study, "--to", study)
    assert "is no bundle" in fails(capsys, "verify", study)
    copy = shutil.copytree(study, tmp_path / "copy")
    shutil.rmtree(copy / "weights")
    assert "There are no weights" in fails(capsys, "export", str(copy), "--to", out)
    assert "' cannot be written" in fails(capsys, "export", study, "--to", "/sys/out")  # not even by root
    assert not Path(out).exists()


def test_no_room_is_one_line_and_leaves_nothing(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))  # the kernel refuses more, as on a full disk
    try:
        told = fails(capsys, "export", study, "--to", str(tmp_path / "out"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told == f"modsearch: The folder '{tmp_path}/out' cannot be written: File too large.\n"
    assert list(tmp_path.iterdir()) == []


def test_other_images_than_the_studys_are_refused(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    for name in "0123456789":
        (tmp_path / "images" / name).mkdir(parents=True)
        for index in range(12):
            Image.new("RGB", (8, 8), (index, 0, 0)).save(tmp_path / "images" / name / f"{index}.png")
    told = fails(capsys, "export", study, "--to", str(tmp_path / "out"), "--data", str(tmp_path / "images"))
    assert "The images are others than those that the study was trained on" in told
