"""ClockSensor: clock and temperature of what is being timed, where they can be read."""

import os
from contextlib import suppress
from typing import Any

import psutil
import pynvml
import torch

_CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "x86_pkg_temp")
Range = tuple[float, float]


class ClockSensor:
    """Keeps what is read between rounds.

    A processor's clock is the highest of the CPUs that this process may use: the one at work is among them, and the
    others may be asleep.

    Args:
        device: whose.
    """

    def __init__(self, device: torch.device) -> None:
        self._card = _Card(device) if device.type == "cuda" else None
        self._clocks_mhz: list[float] = []
        self._temperatures_c: list[float] = []

    def read_clock(self) -> None:
        """Note the clock."""
        clock_mhz = self._card.clock_mhz() if self._card else cpu_clock_mhz()
        self._clocks_mhz += [] if clock_mhz is None else [clock_mhz]

    def read_temperature(self) -> None:
        """Note the temperature."""
        temperature_c = self._card.temperature_c() if self._card else cpu_temperature_c()
        self._temperatures_c += [] if temperature_c is None else [temperature_c]

    def clock_range(self) -> Range | None:
        """Lowest and highest MHz; None where none could be read."""
        return _range(self._clocks_mhz)

    def temperature_range(self) -> Range | None:
        """Lowest and highest degrees Celsius; None where none could be read."""
        return _range(self._temperatures_c)


def cpu_clock_mhz() -> float | None:
    """The highest clock of the CPUs that this process may use, or of all where it is not told which one has which."""
    clocks: list[float] = []
    with suppress(OSError, ValueError, RuntimeError, AttributeError):  # psutil trips over what some systems tell
        clocks = [frequency.current for frequency in psutil.cpu_freq(percpu=True)]
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(clocks) == os.cpu_count():
        clocks = [clock for cpu, clock in enumerate(clocks) if cpu in cpus]
    return max((clock for clock in clocks if clock > 0), default=None)


def cpu_temperature_c() -> float | None:
    """The highest temperature that a sensor of the processor tells."""
    found: list[float] = []
    with suppress(OSError, ValueError, AttributeError):  # the last where psutil knows of no sensors on this system
        sensors = psutil.sensors_temperatures()
        found = [sensor.current for chip in _CPU_SENSORS for sensor in sensors.get(chip, ())]
    return max(found, default=None)


class _Card:
    """A graphics card as NVIDIA's driver tells of it; tells nothing where it cannot be asked."""

    def __init__(self, device: torch.device) -> None:
        self._handle: Any = None
        with suppress(pynvml.NVMLError, AttributeError, RuntimeError):
            pynvml.nvmlInit()
            uuid = torch.cuda.get_device_properties(device).uuid
            self._handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")

    def clock_mhz(self) -> float | None:
        return self._read("nvmlDeviceGetClockInfo", pynvml.NVML_CLOCK_SM)

    def temperature_c(self) -> float | None:
        return self._read("nvmlDeviceGetTemperature", pynvml.NVML_TEMPERATURE_GPU)

    def _read(self, function: str, what: int) -> float | None:
        with suppress(pynvml.NVMLError, AttributeError):  # the second where a later library has another function
            return None if self._handle is None else float(getattr(pynvml, function)(self._handle, what))
        return None


def _range(values: list[float]) -> Range | None:
    return (min(values), max(values)) if values else None
