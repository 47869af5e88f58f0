"""A folder of images and a second machine, as a stranger would use them: new, plan, search, front, and what they print.

    python -m benchmarks.own_data NAME FOLDER --backbone resnet18 [--hours H] [--here FIELDS] [--box FIELDS]

The second machine is this one, through the tests' own ssh server on loopback, as another user where there is one, with
the threads and the runtime of ``--box``. Runs the command line in a folder of its own, where the images are called
``photographs``. Each command, what it printed and its seconds go to ``docs/results/own_data/NAME.json``, and the front
as a picture beside it. Needs an otherwise idle machine: what is timed over there runs beside the trainings here.
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from modsearch.machine import num_cpus, processor
from modsearch.search import load_study
from tests.integration.ssh_server import ALIAS, SshServer, running

HERE = Path(__file__).parents[1]
OUT = HERE / "docs" / "results" / "own_data"
_PROGRAMS = Path(sys.executable).parent


def run(command: list[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """One command in a folder; what it printed, without the folder's path."""
    print("$", shlex.join(command), flush=True)
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    output = done.stdout.replace(str(folder), "~").replace(str(Path.home()), "~")
    print(output, flush=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    return {"command": shlex.join(command), "seconds": time.monotonic() - start, "output": output.rstrip()}


def commands(name: str, backbone: str, hours: float, here: str, box: str) -> list[list[str]]:
    """What is typed."""
    study, folder = f"{name}.yaml", f"runs/{name}"
    places = ["--deployment", f"here:{here}", "--deployment", f"box:host={ALIAS},{box}"]
    new = ["modsearch", "new", study, "--data", "photographs", "--backbone", backbone, *places]
    return [
        [*new, "--hours", f"{hours:g}"],
        ["cat", study],
        ["modsearch", "plan", study],
        ["modsearch", "search", study],
        ["modsearch", "front", folder, "--plot", "front.svg"],
    ]


def prove(server: SshServer, name: str, images: Path, typed: list[list[str]]) -> dict[str, Any]:
    """Type the commands, and keep what they print."""
    server.script("modsearch", 'exec PYTHON -m modsearch "$@"')
    server.trust()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        (folder / "photographs").symlink_to(images.resolve())
        path = f"{server.folder}:{_PROGRAMS}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "COLUMNS": "100", "MODSEARCH_CACHE": str(folder / "cache")}
        steps = [run(command, folder, environment) for command in typed]
        (OUT / f"{name}.svg").write_bytes((folder / "front.svg").read_bytes())
        study = load_study(str(folder / "runs" / name))
        where = {place: found.describe() for place, found in study.header.environments.items()}
        states = [trial.state for trial in study.trials() if not trial.is_repeat]
    return {
        "machine": {"processor": processor(), "cpus": num_cpus(), "system": platform.system()},
        "steps": steps,
        "environments": where,
        "num_complete": states.count("complete"),
        "num_failed": states.count("failed"),
        "is_another_user": server.user != Path.home().owner(),
        "num_classes": study.spec.num_classes,
        "hours": study.spec.budget.hours,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--hours", type=float, default=0.5)
    parser.add_argument("--here", default="threads=2")
    parser.add_argument("--box", default="runtime=onnxruntime,threads=1")
    options = parser.parse_args()
    typed = commands(options.name, options.backbone, options.hours, options.here, options.box)
    OUT.mkdir(exist_ok=True)
    with running() as server:
        found = prove(server, options.name, options.folder, typed)
    (OUT / f"{options.name}.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
