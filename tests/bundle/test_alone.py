"""``check.py`` where there are numpy, Pillow and one runtime, and truly neither torch nor modsearch."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modsearch.bundle import Source
from modsearch.record import Trained
from tests.bundle.environment import environment, run_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # an export takes long on a busy machine

Made = tuple[Path, Source, Trained]


@pytest.fixture
def pictures(made: Made, tmp_path: Path) -> list[Path]:
    """The stored images as files."""
    with np.load(made[0] / "check.npz") as stored:
        for index, pixels_HWC in enumerate(stored["pixels"]):
            Image.fromarray(pixels_HWC).save(tmp_path / f"{index:02}.png")
    return sorted(tmp_path.glob("*.png"))


def test_neither_torch_nor_modsearch_can_be_imported(alone: Path) -> None:
    there = [run_in(alone, "-c", f"import {name}") for name in ("numpy", "PIL")]
    assert [done.returncode for done in there] == [0, 0], there
    for name in ("torch", "modsearch", "pydantic", "safetensors"):
        done = run_in(alone, "-c", f"import {name}")
        assert done.returncode == 1
        assert f"ModuleNotFoundError: No module named '{name}'" in done.stderr
    runtimes = [run_in(alone, "-c", f"import {name}").returncode for name in ("onnxruntime", "openvino")]
    assert sorted(runtimes) == [0, 1]


def test_it_checks_the_folder(alone: Path, made: Made) -> None:
    done = run_in(alone, made[0] / "check.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "64 stored images: same classes, logits within " in done.stdout
    assert "all files are as they were written" in done.stdout


def test_it_classifies_images(alone: Path, made: Made, pictures: list[Path]) -> None:
    """As the network does, with probabilities that fall and add up to no more than 1."""
    done = run_in(alone, made[0] / "check.py", *pictures)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [str(path) for path in pictures]
    with np.load(made[0] / "check.npz") as stored:
        wanted = stored["logits"].argmax(1)
    for line, label in zip(lines, wanted, strict=True):
        best = [part.split() for part in line.partition(": ")[2].split(", ")]
        assert (len(best), best[0][0]) == (5, str(label))
        shares = [float(share) for _, share in best]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1.003  # of five, each rounded to three digits


@pytest.mark.parametrize("name", ["model.onnx", "config.json", "check.npz"])
def test_a_file_that_was_changed_is_named_and_nothing_is_classified(
    name: str, alone: Path, bundle: Path, pictures: list[Path]
) -> None:
    with (bundle / name).open("ab") as file:
        file.write(b" ")
    for arguments in ((), (pictures[0],)):
        done = run_in(alone, bundle / "check.py", *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"check.py: {name} is missing or was changed\n"


def test_an_image_that_cannot_be_read_is_one_line(alone: Path, made: Made, tmp_path: Path) -> None:
    done = run_in(alone, made[0] / "check.py", tmp_path / "none.jpg")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "none.jpg cannot be read: " in done.stderr


@pytest.mark.parametrize(("packages", "missing"), [(("numpy", "pillow"), "onnxruntime"), ((), "numpy pillow")])
def test_a_package_that_is_not_there_is_one_line(
    packages: tuple[str, ...], missing: str, made: Made, tmp_path: Path
) -> None:
    done = run_in(environment(tmp_path / "few", *packages), made[0] / "check.py")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.endswith(f": pip install {missing}\n")
