"""Fewer bits: the reduced files of a bundle are written, checked and timed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from modsearch.bundle.parity import Expected
from modsearch.bundle.reduced import REDUCED, Reduced, ReducedDtype, check_reduced, write_reduced
from modsearch.bundle.source import Source
from modsearch.bundle.speed import Speed, time_files
from modsearch.machine import int8_saturates


@dataclass(frozen=True, eq=False)
class FewerBits:
    """The reduced files of a bundle.

    Attributes:
        files: each of them in each runtime, held against the network.
        logits: of all images, by number format: those of the first runtime, ONNX Runtime where there is one.
        speeds: each of them in each runtime, timed beside ``model.onnx``.
        num_calibration: how many images 8-bit integers were calibrated on; 0 where there are no such.
    """

    files: tuple[Reduced, ...] = ()
    logits: Mapping[ReducedDtype, Tensor] = field(default_factory=dict)
    speeds: tuple[Speed, ...] = ()
    num_calibration: int = 0

    def record(self) -> dict[str, Any]:
        """What ``verify.json`` says of them; nothing where there are none."""
        if not self.files:
            return {}
        bits = 7 if int8_saturates() else 8
        int8 = {"calibration_images": self.num_calibration, "images": "training", "weight_bits": bits}
        return {
            "reduced": [vars(file) for file in self.files],
            "speed": [vars(speed) for speed in self.speeds],
        } | ({"int8": int8} if self.num_calibration else {})


def add_reduced(
    source: Source,
    folder: Path,
    wanted: Expected,
    dtypes: Sequence[ReducedDtype],
    on_step: Callable[[str], None],
) -> FewerBits:
    """Write the files of these number formats beside ``model.onnx``, check and time them.

    Raises:
        ValueError: packages for ONNX are missing.
        MemoryError: there is too little of it to time them.
        RuntimeError: a file cannot be run, or gives logits that are no finite numbers; it is named.
    """
    if not dtypes:
        return FewerBits()
    files: list[Reduced] = []
    logits: dict[ReducedDtype, Tensor] = {}
    for dtype in dtypes:
        on_step(f"writing and checking {REDUCED[dtype]}")
        path = write_reduced(source, dtype, folder, source.config.metadata())
        for reduced, logits_NK in check_reduced(source, dtype, path, wanted):
            files.append(reduced)
            logits.setdefault(dtype, logits_NK)
    on_step("timing the files in fewer bits")
    speeds = tuple(time_files(source, folder, [REDUCED[dtype] for dtype in dtypes]))
    num_calibration = len(source.calibration_NHWC) if "int8" in dtypes else 0
    return FewerBits(tuple(files), logits, speeds, num_calibration)
