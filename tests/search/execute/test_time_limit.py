"""The time limit of a trial: an exception where Python runs, the end of the process where it does not."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from modsearch.search.execute.time_limit import TrialTimeout, time_limit


def test_a_body_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(TrialTimeout, match=r"no result within 0\.05 s"), time_limit(0.05):
        time.sleep(30)


def test_a_body_in_time_is_left_alone_and_so_is_the_alarm_of_others() -> None:
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0]
    with time_limit(30):
        pass
    assert signal.getsignal(signal.SIGALRM) == before[0]
    assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0) == (before[1] > 0)


def test_other_threads_are_left_to_the_hard_limit() -> None:
    done = []

    def body() -> None:
        with time_limit(0.01):
            time.sleep(0.1)
            done.append(True)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert done == [True]


@pytest.mark.slow
def test_a_hang_below_python_ends_the_process() -> None:
    """``sum`` over a range runs in C and never looks at signals."""
    code = (
        "from modsearch.search.execute import time_limit\n"
        "time_limit._GRACE_S = 0.1\n"
        "with time_limit.time_limit(0.1):\n"
        "    sum(range(10**13))\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert process.returncode == 1
    assert "Timeout" in process.stderr
