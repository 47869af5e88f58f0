"""``modsearch train`` by two processes: as one, killed and started again, and what one of them alone meets."""

import os
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from safetensors.torch import load_file

from modsearch.cli import run
from tests.cli.trained import Write, arguments

__all__ = ["arguments"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TWO = ["--processes", "2", "--checkpoint-seconds", "0.1"]


def started(arguments: list[str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "modsearch", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def completed(arguments: list[str]) -> tuple[int, str, str]:
    process = started(arguments)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def test_two_processes_have_the_weights_of_one_that_accumulates(arguments: Write, tmp_path: Path) -> None:
    """20 steps, of dropout-free networks; running statistics of processes are averaged instead."""
    plain = {"epochs": 1, "validation": 0.1}
    assert run([*arguments("one", accumulate=2, **plain)]) == 0
    code, _, err = completed([*arguments("two", **plain), "--processes", "2"])
    assert (code, err) == (0, "")
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    weights = [name for name in one if not name.rpartition(".")[2].startswith(("running", "num_batches"))]
    assert max(float((one[name] - two[name]).abs().max()) for name in weights) < 1e-5


def family(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """A launcher and all below it: each of its processes has a session of its own."""
    try:
        launcher = psutil.Process(process.pid)
        return [launcher, *launcher.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def killed_in_training(command: list[str], checkpoint: Path, wait_s: float) -> None:
    """Start it, and kill all of it some time after it has written a checkpoint."""
    process = started(command)
    seen = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    while process.poll() is None and not (checkpoint.exists() and checkpoint.stat().st_mtime_ns != seen):
        time.sleep(0.01)
    time.sleep(wait_s)
    for member in family(process):
        member.kill()
    process.communicate()


def test_two_processes_that_are_killed_again_and_again_end_with_the_same_bits(arguments: Write, tmp_path: Path) -> None:
    changes = {"epochs": 6, "ema": 0.99, "mixup": 0.2, "label_smoothing": 0.1}
    assert completed([*arguments("whole", **changes), *TWO])[0] == 0
    killed = [*arguments("killed", **changes), *TWO]
    generator, out = random.Random(0), tmp_path / "killed"
    for _ in range(3):
        killed_in_training(killed, out / "checkpoint.safetensors", generator.uniform(0, 0.8))
        assert not (out / "result.json").exists()
    code, said, err = completed(killed)
    assert (code, err) == (0, "")
    assert "goes on" in said
    files = ("model.safetensors", "confusion.csv")
    assert all((tmp_path / "whole" / name).read_bytes() == (out / name).read_bytes() for name in files)
    assert not (out / "checkpoint.safetensors").exists()


def test_processes_end_with_their_launcher(arguments: Write, tmp_path: Path) -> None:
    process = started([*arguments(epochs=1000), *TWO])
    while not (tmp_path / "out" / "checkpoint.safetensors").exists():
        time.sleep(0.05)
    launcher, *others = family(process)
    launcher.kill()
    process.communicate(timeout=60)  # waits for whoever can still write
    assert len(others) >= 2
    assert psutil.wait_procs(others, timeout=30)[1] == []


def test_processes_end_with_a_launcher_that_dies_before_they_train(arguments: Write) -> None:
    process = started([*arguments(epochs=1000), *TWO])
    while len(members := family(process)) < 3:
        time.sleep(0.01)
    launcher, *others = members
    launcher.kill()
    assert psutil.wait_procs(others, timeout=60)[1] == []
    process.communicate(timeout=60)


def test_machines_that_see_different_folders_are_told(arguments: Write, tmp_path: Path) -> None:
    """Only the first of two processes sees the checkpoint of a training that was killed."""
    words = arguments(epochs=1000)
    killed_in_training([*words, *TWO], tmp_path / "out" / "checkpoint.safetensors", 0)
    other = [str(tmp_path / "out$RANK") if word == str(tmp_path / "out") else shlex.quote(word) for word in words]
    (tmp_path / "out").rename(tmp_path / "out0")
    shell = shlex.join([sys.executable, "-m", "modsearch"]) + " " + " ".join(other)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--no-python"]
    done = subprocess.run([*torchrun, "bash", "-c", shell], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode != 0
    assert "--out must be one folder for all processes, on other machines too. Got 'states [1, 0]'" in done.stderr


def test_a_second_command_in_the_folder_is_refused(arguments: Write, tmp_path: Path) -> None:
    process = started([*arguments(epochs=1000), *TWO])
    while not (tmp_path / "out" / "checkpoint.safetensors").exists():
        time.sleep(0.05)
    code, _, err = completed([*arguments(epochs=1000), *TWO])
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert code == 2
    assert err.count("\n") == 1
    assert "Another training is writing to" in err


@pytest.mark.parametrize(
    ("changes", "rule", "expected"),
    [
        ({"learning_rate": 1e30, "selector_learning_rate": 1e30}, "training diverged in epoch 1", 1),
        ({"batch_size": 4000}, "recipe.batch_size must be at most 1618", 2),
    ],
)
def test_what_all_processes_meet_is_said_once(
    changes: dict[str, object], rule: str, expected: int, arguments: Write
) -> None:
    code, _, err = completed([*arguments(**changes), *TWO])
    assert (code, err.count("\n")) == (expected, 1), err
    assert rule in err
