"""The machine: the processor, and how many of its CPUs this process may use."""

import math
import os
import platform
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

_CPUINFO, _SELF = Path("/proc/cpuinfo"), Path("/proc/self")
_X86, _VNNI = ("x86_64", "amd64", "i386", "i686"), frozenset({"avx512_vnni", "avx_vnni"})
_ARM_FIELDS = ("implementer", "part", "variant")


def num_cpus() -> int:
    """Logical CPUs that this process may use at a time: by its affinity and by the quota of its container, at least 1.

    A quota of 1.5 CPUs counts as 2. Whoever starts as many threads or workers as the host has CPUs is throttled there.
    """
    host = os.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else host
    return max(1, min(host, affinity, math.ceil(min(_quotas(), default=host))))


def processor() -> str:
    """The processor's model as the system names it.

    Where an aarch64 system names none, it is told apart by the numbers of its implementer, part and variant; one whose
    cores differ has them all.
    """
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    if named:
        return named[0]
    cores = " + ".join(_arm_cores(lines))
    return (platform.processor() or platform.machine()) + (f" ({cores})" if cores else "")


def int8_saturates() -> bool:
    """Whether sums of products of 8-bit integers may overflow: x86 without VNNI adds pairs of them in 16 bits.

    Where an x86 system does not tell what its processor has, they may.
    """
    if platform.machine().lower() not in _X86:
        return False
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.is_file() else []
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return _VNNI.isdisjoint(flags)


def _arm_cores(lines: list[str]) -> list[str]:
    """What the lines say of each kind of core, once; nothing where they are of another processor."""
    found = {name: re.findall(rf"^CPU {name}\s*: (\S+)$", "\n".join(lines), re.MULTILINE) for name in _ARM_FIELDS}
    kinds = zip(*found.values(), strict=False)
    return list(dict.fromkeys(", ".join(map(" ".join, zip(_ARM_FIELDS, kind, strict=True))) for kind in kinds))


def _quotas() -> Iterator[float]:
    """CPUs by each limit on the control groups of this process and on those that they lie in, of cgroup v1 and v2."""
    for group in _control_groups():
        with suppress(OSError, ValueError, ZeroDivisionError):  # no limit is "max", and has no file at the root
            quota, period = (group / "cpu.max").read_text().split()
            yield int(quota) / int(period)
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota_us = int((group / "cpu.cfs_quota_us").read_text())
            if quota_us > 0:  # -1 for none
                yield quota_us / int((group / "cpu.cfs_period_us").read_text())


def _control_groups() -> Iterator[Path]:
    """The folders of the groups that share CPUs out to this process, each before the one that it lies in."""
    try:
        groups = [line.split(":", 2)[1:] for line in (_SELF / "cgroup").read_text().splitlines() if line.count(":") > 1]
        mounts = (_SELF / "mountinfo").read_text().splitlines()
    except OSError:  # another system than Linux
        return
    paths = {"cgroup2" if not names else "cgroup": path for names, path in groups if _shares_cpus(names)}
    for kind, root, mount in map(_mount, mounts):
        if kind in paths:
            yield from _upwards(PurePosixPath(paths[kind]), root, mount)


def _shares_cpus(controllers: str) -> bool:
    return not controllers or "cpu" in controllers.split(",")


def _mount(line: str) -> tuple[str, PurePosixPath, Path]:
    """A line of mountinfo, see proc(5): the kind of file system, what of it is mounted, and where.

    The kind is empty for a part of cgroup v1 that does not share out CPUs.
    """
    place, _, system = line.partition(" - ")
    root, mount = (re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), path) for path in place.split()[3:5])
    kind, _, options = [*system.split(" ", 2), "", ""][:3]
    is_other = kind == "cgroup" and "cpu" not in options.split(",")
    return "" if is_other else kind, PurePosixPath(root), Path(mount)


def _upwards(path: PurePosixPath, root: PurePosixPath, mount: Path) -> Iterator[Path]:
    """The folders of a group and of those around it, as far as they are mounted.

    A container has its own group mounted, whatever path the group has outside of it.
    """
    below = path.relative_to(root) if path.is_relative_to(root) else PurePosixPath()
    yield from (mount / folder for folder in (below, *below.parents))
