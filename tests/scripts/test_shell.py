"""Every shell script of the repository: no finding of shellcheck's; those for clusters say how they are used."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_SCRIPTS = [
    path
    for folder in ("scripts", ".ci")
    for path in sorted((_ROOT / folder).rglob("*"))
    if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash\n")
]


def test_all_scripts_are_checked() -> None:
    names = {str(path.relative_to(_ROOT)) for path in _SCRIPTS}
    assert names >= {".ci/run", "scripts/setup", "scripts/test", "scripts/cluster/hosts", "scripts/cluster/slurm"}


def test_shellcheck_finds_nothing() -> None:
    shellcheck = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert shellcheck, "shellcheck comes with the development tools: run scripts/setup"
    done = subprocess.run([shellcheck, *_SCRIPTS], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["hosts", "slurm"])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_usage(name: str, option: str) -> None:
    script = _ROOT / "scripts" / "cluster" / name
    done = subprocess.run([script, option], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")
    assert f"scripts/cluster/{name}" in done.stdout
