"""ClockSensor: clock and temperature of what is being timed, where they can be read."""

import ctypes
import os
import re
from contextlib import suppress
from pathlib import Path

import torch

_CPUS, _CPUINFO = Path("/sys/devices/system/cpu"), Path("/proc/cpuinfo")
_HWMON, _THERMAL = Path("/sys/class/hwmon"), Path("/sys/class/thermal")
_CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "x86_pkg_temp")
_NVML_SM_CLOCK, _NVML_GPU_TEMPERATURE = 1, 0  # nvml.h
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
    """The highest clock of the CPUs that this process may use."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    scaled = [_number(_CPUS / f"cpu{cpu}/cpufreq/scaling_cur_freq") for cpu in cpus]
    found = [khz / 1e3 for khz in scaled if khz is not None]
    if not found:
        with suppress(OSError):
            found = [float(mhz) for mhz in re.findall(r"^cpu MHz\s*: ([\d.]+)$", _CPUINFO.read_text(), re.MULTILINE)]
    return max(found, default=None)


def cpu_temperature_c() -> float | None:
    """The highest temperature that a sensor of the processor tells."""
    sensors = [
        *(sensor for chip in _HWMON.glob("*") if _is_cpu(chip / "name") for sensor in chip.glob("temp*_input")),
        *(zone / "temp" for zone in _THERMAL.glob("thermal_zone*") if _is_cpu(zone / "type")),
    ]
    found = [millidegrees / 1e3 for millidegrees in map(_number, sensors) if millidegrees is not None]
    return max(found, default=None)


class _Card:
    """A graphics card as the library of NVIDIA's driver tells of it; tells nothing where there is no such library."""

    def __init__(self, device: torch.device) -> None:
        self._nvml, self._handle = None, ctypes.c_void_p()
        with suppress(OSError, AttributeError, RuntimeError):
            name = f"GPU-{torch.cuda.get_device_properties(device).uuid}".encode()
            nvml = ctypes.CDLL("libnvidia-ml.so.1")
            if nvml.nvmlInit_v2() == 0 and nvml.nvmlDeviceGetHandleByUUID(name, ctypes.byref(self._handle)) == 0:
                self._nvml = nvml

    def clock_mhz(self) -> float | None:
        return self._read("nvmlDeviceGetClockInfo", _NVML_SM_CLOCK)

    def temperature_c(self) -> float | None:
        return self._read("nvmlDeviceGetTemperature", _NVML_GPU_TEMPERATURE)

    def _read(self, function: str, what: int) -> float | None:
        value = ctypes.c_uint()
        if self._nvml is None or getattr(self._nvml, function)(self._handle, what, ctypes.byref(value)) != 0:
            return None
        return float(value.value)


def _range(values: list[float]) -> Range | None:
    return (min(values), max(values)) if values else None


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return None


def _is_cpu(path: Path) -> bool:
    with suppress(OSError):
        return path.read_text().strip() in _CPU_SENSORS
    return False
