"""Worker: a process that prepares images for another one, and neither prints nor stays."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
from types import ModuleType

from modsearch.machine import num_cpus

_MAX_WORKERS = 8
_NEEDED = ["modsearch.images.reader"]
"""What the server imports once for all workers."""


def num_workers() -> int:
    """Processes that read for this one: at most 8, and with those of its neighbours no more than there are CPUs.

    ``LOCAL_WORLD_SIZE`` says how many train on this machine.
    """
    if multiprocessing.current_process().daemon:  # it may have no processes
        return 0
    return min(_MAX_WORKERS, num_cpus() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def start_server() -> BaseContext:
    """Start what the workers are forked from, which takes seconds, if it does not run; it is not waited for.

    A process that trains cannot be forked itself: it has threads, and often a GPU or connections to others (as torch's
    notes on DistributedDataParallel say). The server has imported what the workers need and nothing else. Neither it
    nor what it forks hears of Ctrl-C, which is the parent's.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    forkserver.set_forkserver_preload(_NEEDED)
    resource_tracker.ensure_running()  # it lets Ctrl-C through again once it has started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return multiprocessing.get_context("forkserver")


def begin_worker(number: int) -> None:
    """What a worker does first: it leaves Ctrl-C to its parent, and ends when that does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextmanager
def starting_workers() -> Iterator[None]:
    """Workers begin inside, undisturbed and without the user's script."""
    with _uninterrupted(), _leaving_main_alone():
        yield


@contextmanager
def _leaving_main_alone() -> Iterator[None]:
    """Workers that begin inside do not run the user's script again, of which they need nothing."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until what begins inside has begun: a worker that finds its parent gone prints a traceback."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    struck: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: struck.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
        if struck:
            signal.raise_signal(signal.SIGINT)
