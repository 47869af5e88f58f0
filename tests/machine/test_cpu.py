"""How many CPUs a process may use, and which processor it is."""

import os
import platform
from pathlib import Path

import pytest

from modsearch.machine import cpu, int8_saturates, num_cpus, processor

NO_LIMIT_V1 = ("cpu.cfs_quota_us", "-1"), ("cpu.cfs_period_us", "100000")


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine of 16 CPUs, of which this process may use 8; its control groups lie below the test's folder."""
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(cpu, "_SELF", tmp_path)
    monkeypatch.setattr(cpu, "_CPUINFO", tmp_path / "cpuinfo")


def mounted(folder: Path, root: str, version: int, name: str = "mount") -> Path:
    """Mount a control group; what was mounted before stays."""
    mount = folder / name
    mount.mkdir(exist_ok=True)
    system = "cgroup2 cgroup rw,nsdelegate" if version == 2 else "cgroup cgroup rw,cpu,cpuacct"
    place = str(mount).replace(" ", r"\040")
    with (folder / "mountinfo").open("a") as file:
        file.write(f"36 25 0:31 {root} {place} rw,nosuid - {system}\n")
        file.write(f"37 25 0:32 / {folder}/memory rw,nosuid - cgroup cgroup rw,memory\n")
    return mount


def limit(group: Path, *files: tuple[str, str]) -> None:
    group.mkdir(parents=True, exist_ok=True)
    for name, text in files:
        (group / name).write_text(text + "\n")


def in_groups(folder: Path, *lines: str) -> None:
    (folder / "cgroup").write_text("".join(f"{line}\n" for line in lines))


def test_without_control_groups_the_affinity_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert num_cpus() == 8
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS
    assert num_cpus() == 16
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert num_cpus() == 1


@pytest.mark.parametrize(
    ("quota", "found"),
    [("max 100000", 8), ("100000 100000", 1), ("150000 100000", 2), ("1000 100000", 1), ("6400000 100000", 8)],
)
def test_the_quota_of_a_container_of_cgroup_v2(tmp_path: Path, quota: str, found: int) -> None:
    limit(mounted(tmp_path, "/", 2), ("cpu.max", quota))
    in_groups(tmp_path, "0::/")
    assert num_cpus() == found


@pytest.mark.parametrize(("quota_us", "found"), [("-1", 8), ("300000", 3), ("250000", 3), ("50000", 1)])
def test_the_quota_of_a_container_of_cgroup_v1(tmp_path: Path, quota_us: str, found: int) -> None:
    """The path is the host's, and the container has its own group mounted."""
    group = mounted(tmp_path, "/docker/3a7f", 1)
    limit(group, ("cpu.cfs_quota_us", quota_us), ("cpu.cfs_period_us", "100000"))
    in_groups(tmp_path, "5:memory:/docker/3a7f", "3:cpu,cpuacct:/docker/3a7f", "0::/")
    assert num_cpus() == found


def test_a_group_is_bound_by_those_around_it(tmp_path: Path) -> None:
    mount = mounted(tmp_path, "/", 2)
    limit(mount / "user.slice", ("cpu.max", "200000 100000"))
    limit(mount / "user.slice/job 7", ("cpu.max", "max 100000"))
    limit(mount / "system.slice", ("cpu.max", "100000 100000"))  # of others
    in_groups(tmp_path, "0::/user.slice/job 7")
    assert num_cpus() == 2
    limit(mount / "user.slice/job 7", ("cpu.max", "100000 100000"))
    assert num_cpus() == 1


def test_the_stricter_of_both_versions_holds(tmp_path: Path) -> None:
    first = mounted(tmp_path, "/", 1, "a folder")
    limit(first, *NO_LIMIT_V1)
    limit(first / "job", ("cpu.cfs_quota_us", "500000"), ("cpu.cfs_period_us", "100000"))
    limit(mounted(tmp_path, "/", 2, "unified"), ("cpu.max", "700000 100000"))
    in_groups(tmp_path, "1:cpu:/job", "0::/")
    assert num_cpus() == 5


def test_a_group_that_is_mounted_over_another_one_counts(tmp_path: Path) -> None:
    group = mounted(tmp_path, "/", 1)
    mounted(tmp_path, "/case", 1)
    limit(group, ("cpu.cfs_quota_us", "100000"), ("cpu.cfs_period_us", "100000"))
    in_groups(tmp_path, "1:cpu:/case")
    assert num_cpus() == 1


@pytest.mark.parametrize("text", ["", "half", "0 0", "100000 0", "nonsense 100000"])
def test_what_cannot_be_read_limits_nothing(tmp_path: Path, text: str) -> None:
    limit(mounted(tmp_path, "/", 2), ("cpu.max", text))
    in_groups(tmp_path, "0::/", "no group")
    assert num_cpus() == 8


X86 = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\nprocessor\t: 1\nmodel name\t: AMD EPYC\n"
A72 = "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\n"
A72 += "CPU part\t: 0xd08\nCPU revision\t: 1\n"


def test_a_processor_with_a_name_is_called_by_it(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(X86 + A72)
    assert processor() == "AMD EPYC"


def test_an_aarch64_processor_is_told_by_its_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert processor() == "aarch64"
    (tmp_path / "cpuinfo").write_text(A72 + A72)
    assert processor() == "aarch64 (implementer 0x41, part 0xd08, variant 0x0)"
    v1 = A72.replace("0xd08", "0xd40").replace("variant\t: 0x0", "variant\t: 0x1")
    (tmp_path / "cpuinfo").write_text(v1)
    assert processor() == "aarch64 (implementer 0x41, part 0xd40, variant 0x1)"
    (tmp_path / "cpuinfo").write_text(A72 + v1)
    both = "implementer 0x41, part 0xd08, variant 0x0 + implementer 0x41, part 0xd40, variant 0x1"
    assert processor() == f"aarch64 ({both})"


@pytest.mark.parametrize(
    ("machine", "content", "saturates"),
    [
        ("x86_64", X86 + "flags\t\t: fpu avx2\n", True),
        ("x86_64", X86 + "flags\t\t: fpu avx2 avx512_vnni avx512_bitalg\n", False),
        ("AMD64", X86 + "flags\t\t: fpu avx2 avx_vnni\n", False),
        ("x86_64", None, True),  # as on macOS
        ("aarch64", A72, False),
        ("arm64", None, False),
    ],
)
def test_whether_sums_of_8_bit_integers_overflow(
    machine: str, content: str | None, saturates: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    if content is not None:
        (tmp_path / "cpuinfo").write_text(content)
    assert int8_saturates() is saturates
