"""Clock and temperature, from folders and a library that stand for the system's."""

import ctypes
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from modsearch.scoring.latency import clock_sensor
from modsearch.scoring.latency.clock_sensor import ClockSensor, cpu_clock_mhz, cpu_temperature_c


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, where this process may use the CPUs 0 and 2."""
    for name in ("_CPUS", "_CPUINFO", "_HWMON", "_THERMAL"):
        monkeypatch.setattr(clock_sensor, name, tmp_path / name.strip("_").lower())
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2}, raising=False)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_nothing_is_told_where_nothing_can_be_read(system: Path) -> None:
    found = ClockSensor(torch.device("cpu"))
    found.read_clock()
    found.read_temperature()
    assert (found.clock_range(), found.temperature_range()) == (None, None)


def test_the_clock_is_the_highest_of_the_cpus_in_use(system: Path) -> None:
    for cpu, khz in enumerate((1_500_000, 4_000_000, 2_200_000)):
        write(system / f"cpus/cpu{cpu}/cpufreq/scaling_cur_freq", f"{khz}\n")
    assert cpu_clock_mhz() == 2200


def test_cpuinfo_stands_in(system: Path) -> None:
    write(system / "cpuinfo", "processor\t: 0\ncpu MHz\t\t: 2249.998\nprocessor\t: 1\ncpu MHz\t\t: 1500.000\n")
    assert cpu_clock_mhz() == 2249.998


def test_the_range_is_of_all_that_was_read(system: Path) -> None:
    found = ClockSensor(torch.device("cpu"))
    for mhz in (2000, 2300, 2100):
        write(system / "cpuinfo", f"cpu MHz\t\t: {mhz}.0\n")
        found.read_clock()
    assert found.clock_range() == (2000, 2300)


def test_the_temperature_is_the_processors(system: Path) -> None:
    write(system / "hwmon/hwmon0/name", "nvme\n")
    write(system / "hwmon/hwmon0/temp1_input", "80000\n")
    assert cpu_temperature_c() is None
    write(system / "thermal/thermal_zone0/type", "x86_pkg_temp\n")
    write(system / "thermal/thermal_zone0/temp", "45500\n")
    assert cpu_temperature_c() == 45.5
    write(system / "hwmon/hwmon1/name", "coretemp\n")
    write(system / "hwmon/hwmon1/temp1_input", "51000\n")
    write(system / "hwmon/hwmon1/temp2_input", "no number")
    assert cpu_temperature_c() == 51


class Driver:
    """NVIDIA's library, as far as it is used; answers 0 for success."""

    def __init__(self, status: int = 0) -> None:
        self.status, self.uuid = status, b""

    def nvmlInit_v2(self) -> int:  # noqa: N802
        return 0

    def nvmlDeviceGetHandleByUUID(self, uuid: bytes, handle: Any) -> int:  # noqa: N802
        self.uuid = uuid
        return 0

    def nvmlDeviceGetClockInfo(self, handle: Any, which: int, value: Any) -> int:  # noqa: N802
        value._obj.value = {1: 1980}[which]
        return self.status

    def nvmlDeviceGetTemperature(self, handle: Any, which: int, value: Any) -> int:  # noqa: N802
        value._obj.value = {0: 55}[which]
        return self.status


@pytest.mark.parametrize(("status", "clock", "temperature"), [(0, (1980, 1980), (55, 55)), (3, None, None)])
def test_a_card_is_read_through_its_driver(
    status: int,
    clock: tuple[float, float] | None,
    temperature: tuple[float, float] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = Driver(status)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: driver)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="12-ab"))
    found = ClockSensor(torch.device("cuda"))
    found.read_clock()
    found.read_temperature()
    assert driver.uuid == b"GPU-12-ab"
    assert (found.clock_range(), found.temperature_range()) == (clock, temperature)


def test_a_card_without_its_library_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise OSError("libnvidia-ml.so.1: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="12-ab"))
    found = ClockSensor(torch.device("cuda"))
    found.read_clock()
    assert found.clock_range() is None


@pytest.mark.gpu
def test_a_real_card_has_a_clock() -> None:
    found = ClockSensor(torch.device("cuda"))
    found.read_clock()
    found.read_temperature()
    assert found.clock_range() is not None
    assert found.temperature_range() is not None
