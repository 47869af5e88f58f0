"""Several processes that train together, under torch's own launcher."""

import logging
import os
import sys
from collections.abc import Sequence
from uuid import uuid4

from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from modsearch.training.world import LAUNCHER


class ProcessLost(RuntimeError):  # noqa: N818
    """One of the processes died."""


def launch(num_processes: int, arguments: Sequence[str]) -> int:
    """Run the command line in so many processes of this machine; returns the exit code of the one that failed, or 0.

    Raises:
        ProcessLost: one of them was killed, as by a system without memory.
        KeyboardInterrupt: this process was told to end.
    """
    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # which repeats what a process itself has said
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=num_processes,
        run_id=uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",  # a machine need not know its own name
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(log_dir=os.devnull),  # else each start leaves two folders
    )
    os.environ[LAUNCHER] = str(os.getpid())
    try:
        elastic_launch(config, sys.executable)("-P", "-m", "modsearch", *arguments)
    except ChildFailedError as error:
        return _exit_code(error)
    except SignalException:
        raise KeyboardInterrupt from None
    finally:
        del os.environ[LAUNCHER]
    return 0


def _exit_code(error: ChildFailedError) -> int:
    """Of the process that failed first; the others are ended with it."""
    rank, failure = error.get_first_failure()
    if failure.exitcode < 0:
        raise ProcessLost(f"Process {rank} of the training died of signal {-failure.exitcode}.") from None
    return int(failure.exitcode)
