"""The processes that read: nobody hears of them, and none stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.images.conftest import MakeImages

# It has no guard by its name: the workers do not run it again.
SCRIPT = """
import sys
from pathlib import Path

import torch

from modsearch.images import Share, load_material, reader
from modsearch.space import ImageFolder, Recipe

recipe = Recipe(epochs=1, learning_rate=0.1, schedule={"kind": "one_cycle"}, image_size=80, min_area=0.1, batch_size=4)
reader.num_workers = lambda: 2
train = load_material(ImageFolder(path=Path(sys.argv[1])), recipe, torch.device("cpu"), (0, 0), Share()).train
print("loaded", flush=True)
for epoch in range(10**6):
    for _ in train.epoch(epoch):
        print("batch", flush=True)
        if sys.argv[2] == "leave":
            sys.exit()
"""


@pytest.fixture
def command(tmp_path: Path, make_images: MakeImages) -> list[str]:
    for name in ("cat", "dog"):
        make_images(tmp_path / "data" / name, 20, (90, 90))
    (tmp_path / "script.py").write_text(SCRIPT)
    return [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "data")]


def start(command: list[str], ending: str) -> "subprocess.Popen[str]":
    """In a group of its own, so that Ctrl-C can be typed there."""
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, ending], stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def wait_for(line: str, process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    while (found := process.stdout.readline().strip()) != line:
        assert found, process.stderr and process.stderr.read()


def alive(group: int) -> list[int]:
    """Processes of a group but for those that have ended and are not fetched yet."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            pass
    return found


def check_nobody_stays(group: int) -> None:
    """The server may still import what it was started for."""
    end = time.monotonic() + 30
    while left := alive(group):
        assert time.monotonic() < end, [psutil.Process(pid).cmdline() for pid in left]
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(180)  # it imports torch twice, on a machine that may be busy
def test_leaving_in_the_middle_says_nothing(command: list[str]) -> None:
    process = start(command, "leave")
    assert process.communicate() == ("loaded\nbatch\n", "")
    assert process.returncode == 0
    check_nobody_stays(process.pid)


@pytest.mark.slow
@pytest.mark.timeout(180)  # it imports torch twice, on a machine that may be busy
@pytest.mark.parametrize("line", ["loaded", "batch"])
def test_ctrl_c_is_heard_by_the_parent_alone(command: list[str], line: str) -> None:
    process = start(command, "go on")
    wait_for(line, process)
    time.sleep(0.3)  # the workers begin, or read
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate()
    assert error.count("Traceback (most recent call last)") == 1, error
    assert error.endswith("\nKeyboardInterrupt\n")
    check_nobody_stays(process.pid)


@pytest.mark.slow
@pytest.mark.timeout(180)  # it imports torch twice, on a machine that may be busy
def test_workers_end_with_a_parent_that_is_killed(command: list[str]) -> None:
    process = start(command, "go on")
    wait_for("batch", process)
    assert len(alive(process.pid)) >= 1 + 2 + 1  # itself, its workers and their server
    process.kill()
    process.wait()
    check_nobody_stays(process.pid)
    process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(180)  # it imports torch twice, on a machine that may be busy
def test_a_worker_that_is_killed_is_told_in_one_line(command: list[str]) -> None:
    process = start(command, "go on")
    wait_for("batch", process)
    for worker in psutil.Process(process.pid).children(recursive=True):
        if worker.parent() != psutil.Process(process.pid):  # not the server
            worker.kill()
    _, error = process.communicate()
    assert "OSError: A process that reads images died, perhaps for want of memory: " in error.splitlines()[-1]
    check_nobody_stays(process.pid)
