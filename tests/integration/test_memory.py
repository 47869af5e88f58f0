"""Memory that runs out: a training that the kernel refuses it, and drivers that the kernel ends."""

import signal
from pathlib import Path

import pytest

from tests.integration.test_survival import BUDGET, search, trained_ids, trials

pytestmark = pytest.mark.slow


def test_a_training_that_wants_too_much_memory_is_failed_and_the_search_goes_on(tmp_path: Path) -> None:
    code, trained, errors = search(tmp_path, "memory", 3)
    assert (code, errors) == (0, "")
    (failed,) = [trial for trial in trials(tmp_path) if trial.state == "failed"]
    assert failed.architecture is not None
    assert failed.architecture.id == trained[2]
    told = (
        f"OutOfMemory: {trained[2]} wants more memory than there is. Give fidelity a smaller batch_size or image_size"
    )
    assert failed.reason.startswith(told)
    assert "DefaultCPUAllocator: can't allocate memory" in failed.reason
    assert trained_ids(tmp_path) == trained[:2] + trained[3:]
    assert len(trained) == BUDGET + 1
    assert search(tmp_path) == (0, [], "")  # nothing that finished is lost


def test_a_network_that_three_killed_drivers_died_of_is_left_alone(tmp_path: Path) -> None:
    """As the kernel's OOM killer does it: SIGKILL, and no word of why."""
    search(tmp_path, budget=2)
    deaths = [search(tmp_path, "kill", 1) for _ in range(3)]
    assert [code for code, _, _ in deaths] == [-signal.SIGKILL] * 3
    assert all(trained == deaths[0][1] for _, trained, _ in deaths)
    (fatal,) = deaths[0][1]
    code, trained, errors = search(tmp_path)
    assert (code, errors) == (0, "")
    assert fatal not in trained
    assert fatal not in trained_ids(tmp_path)
    assert len(trained_ids(tmp_path)) == BUDGET
