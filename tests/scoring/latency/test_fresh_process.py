"""Fresh processes: that they are fresh, how their ends are told, and that none is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modsearch.message import is_out_of_memory
from modsearch.models import build
from modsearch.scoring import time_networks
from modsearch.scoring.latency import fresh_process
from modsearch.scoring.latency.fresh_process import run_fresh, start_server
from modsearch.scoring.latency.job import Effort, Job, Rounds
from modsearch.space import TimingProtocol
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT
from tests.scoring.latency.faulty import FAULTS

pytestmark = pytest.mark.slow

SHORT = Effort(num_rounds=3, warm_up_s=0.001, sample_s=1e-9)


def ask(fault: str) -> Rounds:
    job = Job(networks={}, deployment=DEPLOYMENT, number=list(FAULTS).index(fault))
    return run_fresh(job)


def server_id() -> int:
    """Of the server's process, and so of the group of all that it starts."""
    assert fresh_process._server is not None
    return fresh_process._server._process.pid


def num_alive(group: int) -> int:
    """Processes of a group, those left out that have ended and that nobody has asked about."""
    num = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of_group = path.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        num += int(of_group) == group and state not in "ZX"
    return num


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 50
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module", autouse=True)
def faulty_server() -> Iterator[None]:
    fresh_process.stop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fresh_process, "_SERVER", "tests.scoring.latency.faulty")
        yield
        fresh_process.stop()


def test_each_job_has_a_process_of_its_own_in_which_no_thread_runs() -> None:
    first, second = ask("answer").environment, ask("answer").environment
    assert first.software != second.software
    assert {first.device, second.device} == {str(server_id())}
    assert first.threads == second.threads == 1


def test_a_server_can_be_started_before_it_is_needed() -> None:
    start_server()
    group = server_id()
    assert num_alive(group) == 1
    assert ask("answer").environment.device == str(group)


def test_what_a_network_prints_is_no_answer() -> None:
    assert ask("print").environment.threads == 1


def test_an_error_of_the_user_keeps_its_kind_and_words() -> None:
    with pytest.raises(ValueError, match=r"^runtime must be eager\. Got 'steam' instead\.$"):
        ask("value")


@pytest.mark.parametrize(
    ("fault", "said"),
    [("memory", "DefaultCPUAllocator: can't allocate memory"), ("die", "its process was ended by SIGKILL")],
)
def test_want_of_memory_is_known_and_says_what_to_change(fault: str, said: str) -> None:
    with pytest.raises(MemoryError) as told:
        ask(fault)
    assert is_out_of_memory(told.value)
    assert str(told.value) == f"Timing ran out of memory at batch size 2: give a smaller batch size. ({said})"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("abort", "^Timing failed: its process was ended by SIGABRT: Fatal: bad luck$"),
        ("key", "^Timing failed: KeyError: 'stem'$"),
        ("exit", "^Timing failed: SystemExit: 3$"),
    ],
)
def test_other_ends_are_told(fault: str, told: str) -> None:
    with pytest.raises(RuntimeError, match=told):
        ask(fault)
    ask("answer")  # the next job is none the worse


def test_an_interrupt_while_waiting_leaves_no_process() -> None:
    ask("answer")
    group = server_id()

    def interrupt(*_: object) -> None:
        assert num_alive(group) == 2
        raise KeyboardInterrupt

    handler = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            ask("hang")
    finally:
        signal.signal(signal.SIGALRM, handler)
    wait_for(lambda: num_alive(group) == 0)


SCRIPT = """
from modsearch.scoring.latency import fresh_process
from tests.scoring.latency.test_fresh_process import ask, server_id
fresh_process._SERVER = "tests.scoring.latency.faulty"
ask("answer")
print(server_id(), flush=True)
ask("hang")
"""


def test_a_killed_parent_leaves_no_process(tmp_path: Path) -> None:
    """The script has no guard against being imported by what it starts, and needs none."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        wait_for(lambda: num_alive(group) == 2)
        parent.kill()
    wait_for(lambda: num_alive(group) == 0)


def test_a_killed_server_is_told_and_another_one_started() -> None:
    ask("answer")
    group = server_id()
    handler = signal.signal(signal.SIGALRM, lambda *_: os.kill(group, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(MemoryError, match="SIGKILL"):
            ask("hang")
    finally:
        signal.signal(signal.SIGALRM, handler)
    wait_for(lambda: num_alive(group) == 0)
    assert ask("answer").environment.threads == 1


def test_an_error_of_the_system_stays_one() -> None:
    """A folder that is gone is no network's fault, and the search asks which of both it is."""
    with pytest.raises(OSError, match=r"^Timing failed: .*No such file.*nowhere"):
        ask("nowhere")


def test_two_fresh_processes_give_two_tuples_of_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh_process.stop()
    monkeypatch.setattr(fresh_process, "_SERVER", "modsearch.scoring.latency")
    monkeypatch.setattr("modsearch.scoring.latency.protocol.EFFORT", SHORT)
    networks = {name: tiny("resnet_basic", variant) for name, variant in (("a", "mod-learned"), ("b", "standard"))}
    deployment = DEPLOYMENT.model_copy(update={"threads": 2})
    timing = time_networks(networks, deployment, TimingProtocol(processes=2, seconds=0))
    assert {name: [len(rounds) for rounds in times] for name, times in timing.times_ms.items()} == {
        "a": [3, 3],
        "b": [3, 3],
    }
    assert timing.environment.threads == 2
    assert {name: len(peaks_mb) for name, peaks_mb in timing.peak_memory_mb.items()} == {"a": 1, "b": 1}
    for name, (memory_mb,) in timing.peak_memory_mb.items():
        params = sum(parameter.numel() for parameter in build(networks[name], 10, 8).parameters())
        assert memory_mb > 4e-6 * params  # four bytes each, and what it computes
