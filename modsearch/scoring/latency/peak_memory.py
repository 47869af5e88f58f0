"""Peak memory: what a deployed network adds to its process or GPU, weights included."""

import ctypes
import gc
import platform
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch

from modsearch.models.runtime import Run
from modsearch.space import Deployment

_STATUS, _CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # proc_pid_clear_refs(5)


def with_peak_memory(start: Callable[[], Run], deployment: Deployment) -> tuple[Run, float | None]:
    """Start a network, run it, and read what it takes at most.

    On a GPU that is the memory which torch allocates (of a captured graph also while it is captured); on a CPU the
    anonymous resident memory of this process, whatever the runtime, code and files left out, which Linux tells.

    Returns:
        The started network, and MB (1e6 bytes); None where it cannot be read.
    """
    if deployment.is_cuda:
        return _on_cuda(start, deployment)
    return _on_cpu(start)


def _on_cuda(start: Callable[[], Run], deployment: Deployment) -> tuple[Run, float]:
    device = torch.device(deployment.device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    run = start()
    run()  # a runtime may compile, tune and try here
    if deployment.runtime != "cuda_graph":
        gc.collect()
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
    run()
    torch.cuda.synchronize(device)
    return run, (torch.cuda.max_memory_allocated(device) - before) / 1e6


def _on_cpu(start: Callable[[], Run]) -> tuple[Run, float | None]:
    _hand_back()
    before = _resident_bytes()
    run = start()
    run()
    _hand_back()
    try:
        _CLEAR_REFS.write_text(_RESET_PEAK)
    except OSError:
        return run, None
    run()
    after = _resident_bytes()
    added = 0 if before is None or after is None else after["peak"] - before["now"]
    return run, added / 1e6 if added > 0 else None  # a process that has run networks before may have kept their memory


def _hand_back() -> None:
    """Give freed memory back to the system (glibc only), so that what is resident is in use."""
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def _resident_bytes() -> dict[str, int] | None:
    """Anonymous resident memory: ``now``, and at its ``peak`` since that was reset; None where it cannot be read."""
    lines: list[str] = []
    with suppress(OSError):
        lines = _STATUS.read_text().splitlines()
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if "kB" in rest}
    if not {"VmHWM", "RssAnon", "RssFile", "RssShmem"} <= kib.keys():
        return None
    return {"now": 1024 * kib["RssAnon"], "peak": 1024 * (kib["VmHWM"] - kib["RssFile"] - kib["RssShmem"])}
