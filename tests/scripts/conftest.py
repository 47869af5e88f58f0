"""Fake commands on the PATH, which write down how they were called."""

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CLUSTER = Path(__file__).parents[2] / "scripts" / "cluster"


@dataclass(frozen=True)
class Commands:
    """A folder of fake commands; each writes its name and arguments to one log before its body runs."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def fake(self, name: str, body: str = "") -> None:
        log = f"printf '%s\\x1f' {shlex.quote(name)} \"$@\" >>'{self.folder}/log'; echo >>'{self.folder}/log'"
        path = self.folder / name
        path.write_text(f"#!/usr/bin/env bash\n{log}\n{body}\n")
        path.chmod(0o755)

    def start(self, script: Path, *arguments: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "SLURM_"))}
        path = f"{self.folder}:{os.environ['PATH']}"
        return subprocess.Popen(
            [script, *arguments],
            env=inherited | {"PATH": path} | self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(script, *arguments) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def calls(self, name: str = "") -> list[list[str]]:
        """The calls so far, in order: the name, then the arguments."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        calls = [line.rstrip("\x1f").split("\x1f") for line in lines]
        return [call for call in calls if not name or call[0] == name]


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    folder = tmp_path / "commands"
    folder.mkdir()
    return Commands(folder)
