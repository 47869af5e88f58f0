"""One bundle for all tests of this folder, and environments in which others would check it."""

import shutil
from pathlib import Path

import pytest

from modsearch.bundle import Source, export_bundle
from modsearch.record import Trained
from tests.bundle.environment import environment
from tests.bundle.made import digits_source


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Source, Trained]:
    folder = tmp_path_factory.mktemp("made")
    source, found = digits_source(folder)
    export_bundle(source, folder / "bundle")
    return folder / "bundle", source, found


@pytest.fixture
def bundle(made: tuple[Path, Source, Trained], tmp_path: Path) -> Path:
    """A copy, to be harmed."""
    return Path(shutil.copytree(made[0], tmp_path / "bundle"))


@pytest.fixture(scope="session")
def with_onnxruntime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has what ``check.py`` asks for, and no more."""
    return environment(tmp_path_factory.mktemp("onnxruntime"), "numpy", "pillow", "onnxruntime")


@pytest.fixture(scope="session")
def with_openvino(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the other runtime."""
    return environment(tmp_path_factory.mktemp("openvino"), "numpy", "pillow", "openvino")


@pytest.fixture(params=["onnxruntime", "openvino"])
def alone(request: pytest.FixtureRequest) -> Path:
    """Each of the two."""
    python: Path = request.getfixturevalue(f"with_{request.param}")
    return python
