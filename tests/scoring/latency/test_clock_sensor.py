"""Clock and temperature, from libraries that are played."""

import os
from types import SimpleNamespace
from typing import Any

import psutil
import pynvml
import pytest
import torch

from modsearch.scoring.latency.clock_sensor import ClockSensor, cpu_clock_mhz, cpu_temperature_c


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Those of the CPUs in MHz, none at first; this process may use the CPUs 0 and 2."""
    found: list[float] = []
    monkeypatch.setattr(psutil, "cpu_freq", lambda percpu: [SimpleNamespace(current=mhz) for mhz in found])
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    return found


@pytest.fixture
def sensors(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[SimpleNamespace]]:
    """Those of the system by chip, none at first."""
    found: dict[str, list[SimpleNamespace]] = {}
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: found, raising=False)
    return found


@pytest.mark.usefixtures("clocks", "sensors")
def test_nothing_is_told_where_nothing_can_be_read() -> None:
    found = ClockSensor(torch.device("cpu"))
    found.read_clock()
    found.read_temperature()
    assert (found.clock_range(), found.temperature_range()) == (None, None)


@pytest.mark.parametrize("error", [PermissionError("no"), ValueError("invalid literal"), NotImplementedError("no")])
def test_a_system_that_refuses_tells_nothing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise error

    monkeypatch.setattr(psutil, "cpu_freq", refuse)
    monkeypatch.delattr(psutil, "sensors_temperatures", raising=False)
    assert (cpu_clock_mhz(), cpu_temperature_c()) == (None, None)


def test_the_clock_is_the_highest_of_the_cpus_in_use(clocks: list[float]) -> None:
    clocks += [1500, 4000, 2200]
    assert cpu_clock_mhz() == 2200


def test_where_several_cpus_share_a_clock_the_highest_of_all_is_told(clocks: list[float]) -> None:
    """Then nobody says which CPUs a clock is of."""
    clocks += [0.0, 2249.998]
    assert cpu_clock_mhz() == 2249.998


def test_the_range_is_of_all_that_was_read(clocks: list[float]) -> None:
    found = ClockSensor(torch.device("cpu"))
    for mhz in (2000, 2300, 2100):
        clocks[:] = [mhz]
        found.read_clock()
    assert found.clock_range() == (2000, 2300)


def test_the_temperature_is_the_processors(sensors: dict[str, list[SimpleNamespace]]) -> None:
    sensors["nvme"] = [SimpleNamespace(current=80.0)]
    assert cpu_temperature_c() is None
    sensors["x86_pkg_temp"] = [SimpleNamespace(current=45.5)]
    assert cpu_temperature_c() == 45.5
    sensors["coretemp"] = [SimpleNamespace(current=51.0), SimpleNamespace(current=49.0)]
    assert cpu_temperature_c() == 51


def test_this_system_is_read_without_an_error() -> None:
    assert (cpu_clock_mhz() or 1) > 0
    assert (cpu_temperature_c() or 0) > -274


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_card_is_read_through_its_driver(is_refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(values: dict[int, int]) -> Any:
        def ask(handle: object, what: int) -> int:
            if is_refused:
                raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
            return values[what]

        return ask

    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", lambda uuid: asked.append(uuid) or "handle")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetClockInfo", answer({pynvml.NVML_CLOCK_SM: 1980}))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTemperature", answer({pynvml.NVML_TEMPERATURE_GPU: 55}))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="12-ab"))
    found = ClockSensor(torch.device("cuda"))
    found.read_clock()
    found.read_temperature()
    assert asked == ["GPU-12-ab"]
    expected = (None, None) if is_refused else ((1980, 1980), (55, 55))
    assert (found.clock_range(), found.temperature_range()) == expected


def test_a_card_without_its_library_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", missing)
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
