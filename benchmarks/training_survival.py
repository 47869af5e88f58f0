"""Whether a training by two processes survives: kills it again and again and starts it again by the same command.

    python -m benchmarks.training_survival [--kills 20] [--seed 0] [--out PATH]

Runs the command line, ``modsearch train --processes 2`` on scikit-learn's digits, with mixup, a running average of the
weights and a checkpoint every 0.2 s. Each start is killed by SIGKILL at a random moment of its life, from the imports
on: all its processes at once, the launcher alone, or one of those that train, if there are any yet. After the last kill
the training goes on until its end; another one of the same recipe is never killed. Prints counts as JSON; exits with 1
where the two differ in a bit, or where a process outlived the others by a minute.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import psutil
import yaml

from modsearch.models.device import current_environment, torch_device
from tests.models.tiny import tiny

Victim = Literal["all", "launcher", "one"]
VICTIMS: tuple[Victim, ...] = ("all", "launcher", "one")
LONGEST_S = 26.0  # of a start's life: imports and the launcher take half of it on a slow machine
FILES = ("model.safetensors", "confusion.csv")
RECIPE = {
    "batch_size": 80,
    "learning_rate": 0.05,
    "schedule": {"kind": "one_cycle"},
    "augment": True,
    "mixup": 0.2,
    "label_smoothing": 0.1,
    "ema": 0.99,
    "image_size": 8,
    "threads": 2,
}


@dataclass
class Counts:
    """What became of a training.

    Attributes:
        kills: how many there were, by what was to be struck.
        kills_in: the same by what it did then.
        longest_s: how long a process lived at most after another one had been killed.
        same_bits: whether each file is that of the training that was never killed.
    """

    kills: dict[str, int] = field(default_factory=dict)
    kills_in: dict[str, int] = field(default_factory=dict)
    longest_s: float = 0.0
    same_bits: dict[str, bool] = field(default_factory=dict)


def command(folder: Path, name: str, epochs: int) -> list[str]:
    """A training of a tiny MoD network, in a folder of its own."""
    network, recipe = folder / "network.json", folder / "recipe.yaml"
    network.write_text(tiny("resnet_basic", "mod-learned").to_json())
    recipe.write_text(yaml.safe_dump(RECIPE | {"epochs": epochs}))
    where = ["--data", "digits", "--recipe", str(recipe), "--out", str(folder / name), "--device", "cpu"]
    how = ["--processes", "2", "--checkpoint-seconds", "0.2"]
    return [sys.executable, "-m", "modsearch", "train", str(network), *where, *how]


def killed(words: list[str], victim: Victim, after_s: float, generator: random.Random) -> tuple[str, float]:
    """Start it and kill what is meant after so long; what it had said, and how long the last process lived on."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(after_s)
    if process.poll() is not None:
        sys.exit(f"It ended before it was killed: {process.communicate()[0]}")
    launcher = psutil.Process(process.pid)
    family = [launcher, *launcher.children(recursive=True)]
    own = trainers(family)
    struck = {"all": family, "launcher": family[:1], "one": generator.sample(own, min(1, len(own)))}[victim] or family
    for member in struck:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    since_s = time.monotonic()
    if left := psutil.wait_procs(family, timeout=60)[1]:
        for member in left:
            member.kill()
        sys.exit("A process outlived the others by a minute.")
    return process.communicate()[0], time.monotonic() - since_s


def trainers(family: list[psutil.Process]) -> list[psutil.Process]:
    """The processes of a training below its launcher."""
    found = []
    for member in family[1:]:
        with suppress(psutil.NoSuchProcess):
            found += [member] if "modsearch" in member.cmdline() else []
    return found


def phase(said: str, out: Path) -> str:
    """What a start was at when it was killed, by what it had said and left."""
    if "epochs of" not in said:
        return "starting"
    return "a checkpoint's write" if list(out.rglob("*.part")) else "training"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "training_survival.json")
    options = parser.parse_args()
    generator, counts = random.Random(options.seed), Counts()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        words = command(folder, "killed", options.epochs)
        for number in range(options.kills):
            victim = VICTIMS[number % len(VICTIMS)]
            said, lived_s = killed(words, victim, generator.uniform(0, LONGEST_S), generator)
            where = phase(said, folder / "killed")
            counts.kills[victim] = counts.kills.get(victim, 0) + 1
            counts.kills_in[where] = counts.kills_in.get(where, 0) + 1
            counts.longest_s = max(counts.longest_s, lived_s)
            print(f"kill {number + 1}: {victim}, {where}", flush=True)
        subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
        subprocess.run(command(folder, "whole", options.epochs), stdout=subprocess.DEVNULL, check=True)
        for name in FILES:
            counts.same_bits[name] = (folder / "killed" / name).read_bytes() == (folder / "whole" / name).read_bytes()
    device = torch_device("cpu")
    record = {"environment": current_environment(device).describe(), "epochs": options.epochs} | asdict(counts)
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))
    sys.exit(not all(counts.same_bits.values()))


if __name__ == "__main__":
    main()
