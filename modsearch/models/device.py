"""The machine that measures, and the devices that it has."""

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from modsearch.machine import processor
from modsearch.message import must_be
from modsearch.models.runtime import needs_file, runtime_version
from modsearch.record import Environment
from modsearch.space import Deployment
from modsearch.space.deployment import Runtime

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h


def torch_device(name: str, path: str = "device") -> torch.device:
    """The torch device of that name.

    Raises:
        ValueError: it is no device, or this machine does not have it.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(must_be(path, "cpu, cuda or cuda:N", name)) from None
    if device.type not in ("cpu", "cuda"):
        raise ValueError(must_be(path, "cpu, cuda or cuda:N", name))
    num_devices = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= num_devices:
        rule = f"one of cpu, {', '.join(f'cuda:{n}' for n in range(num_devices))}" if num_devices else "cpu"
        raise ValueError(must_be(path, f"{rule}: this machine has {num_devices} CUDA devices", name))
    return device


def default_device() -> str:
    """``cuda`` where there is one, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def current_environment(device: torch.device, runtime: Runtime = "eager") -> Environment:
    """Where a measurement on this device is taking place now, and the versions of what runs it."""
    is_cuda = device.type == "cuda"
    name = torch.cuda.get_device_name(device) if is_cuda else processor()
    tf32 = ", TF32 convolutions" if is_cuda and torch.backends.cudnn.allow_tf32 else ""
    others = f", {runtime_version(runtime)}" if needs_file(runtime) else ""
    software = f"torch {torch.__version__}{tf32}{others}"
    return Environment(device=name, threads=torch.get_num_threads(), software=software)


def deployment_environment(deployment: Deployment) -> Environment:
    """Where a timing at this deployment would take place on this machine.

    Raises:
        ValueError: this machine does not have the device.
    """
    device = torch_device(deployment.device, "deployment.device")
    with pinned_threads(deployment.threads):
        return current_environment(device, deployment.runtime)


@contextmanager
def pinned_threads(threads: int) -> Iterator[None]:
    """Run torch with this many CPU threads, then with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def keep_freed_memory() -> None:
    """Let this process keep memory that was freed, instead of handing it back to the system (glibc only).

    Otherwise each training step takes hundreds of MB of new pages, 5 to 17 % of its time on the CPU, and a timing
    depends on what ran before it, because glibc moves its thresholds by what was freed (mallopt(3)).
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_TRIM_THRESHOLD, -1)
        libc.mallopt(_M_MMAP_MAX, 0)
