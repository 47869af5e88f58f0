"""Virtual environments that hold a few of the packages that are installed here, and nothing else."""

import os
import subprocess
import venv
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

_TIMEOUT_S = 50


def environment(folder: Path, *packages: str) -> Path:
    """Make one in ``folder`` with these packages and what they need themselves; returns its interpreter.

    It gets links to what is installed here: nothing is fetched, and nothing else can be imported.
    """
    venv.create(folder, symlinks=True)  # as python -m venv --without-pip
    [site] = (folder / "lib").glob("python*/site-packages")
    for package in _needed(packages):
        found = distribution(package)
        for name in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (site / name).exists():  # several packages may lie in one namespace
                (site / name).symlink_to(str(found.locate_file(name)))
    return folder / "bin" / "python"


def run_in(python: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run an interpreter as somebody does who knows nothing of this repository."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [python, *arguments],
        env=foreign,
        cwd=python.parent,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


def _needed(packages: tuple[str, ...]) -> set[str]:
    """Their names and those of all that they need, extras left out."""
    found: set[str] = set()
    left = list(packages)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            requirements = [Requirement(text) for text in distribution(name).requires or ()]
            left += [one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found
