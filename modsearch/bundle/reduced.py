"""Reduced files: the network in fewer bits, which cannot give its logits, held against it by what they decide."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from modsearch.bundle.parity import Expected, normalised
from modsearch.bundle.runner import onnx_runners, runtimes
from modsearch.bundle.selected import same_share, selected_channels, selected_in
from modsearch.bundle.source import Source
from modsearch.models.quantise import to_half, to_int8

ReducedDtype = Literal["float16", "int8"]
REDUCED: Mapping[ReducedDtype, str] = {"float16": "model.half.onnx", "int8": "model.int8.onnx"}
"""The files by their number format."""
_NUM_SELECTED = 500  # images whose selections are compared: each of them selects hundreds of channels


@dataclass(frozen=True)
class Reduced:
    """One reduced file in one runtime held against the network.

    Attributes:
        file: its name.
        runtime: what ran it.
        dtype: its number format.
        num_images: how many images were run.
        num_unseen: how many of them, the first, the network did not learn from.
        accuracy: on these.
        float_accuracy: that of the network on these.
        same_class: share of all images that get the class which the network gives.
        same_channels: share of the channels selected by the network that are selected here; None where no block
            chooses.
    """

    file: str
    runtime: str
    dtype: ReducedDtype
    num_images: int
    num_unseen: int
    accuracy: float
    float_accuracy: float
    same_class: float
    same_channels: float | None

    @property
    def points_lost(self) -> float:
        """Of accuracy, in hundredths; below 0 where it gains."""
        return 100 * (self.float_accuracy - self.accuracy)

    def describe(self) -> str:
        """One line."""
        lost, unseen = round(self.points_lost, 1), f"{self.num_unseen:,} unseen images"
        change = f"loses {lost:.1f} points" if lost > 0 else f"gains {-lost:.1f} points" if lost else "loses nothing"
        channels = "" if self.same_channels is None else f", {self.same_channels:.1%} of selected channels the same"
        same = f"{self.same_class:.1%} of {self.num_images:,} images get the same class"
        return f"{self.file} in {self.runtime}: {self.accuracy:.1%} of {unseen}, {change}; {same}{channels}"


def write_reduced(source: Source, dtype: ReducedDtype, folder: Path, metadata: Mapping[str, str]) -> Path:
    """The file of a network; 8-bit integers are calibrated on images that it learnt from."""
    path = folder / REDUCED[dtype]
    if dtype == "int8":
        to_int8(source.model, normalised(source.calibration_NHWC, source.config), path, metadata=metadata)
    else:
        to_half(source.model, source.config.image_size, path, metadata)
    return path


def check_reduced(
    source: Source, dtype: ReducedDtype, path: Path, wanted: Expected
) -> Iterator[tuple[Reduced, Tensor]]:
    """Run a reduced file in each runtime that is installed; what it loses is told, and nothing is refused.

    Yields:
        How it compares, and its logits of all images.

    Raises:
        RuntimeError: it cannot be run, or gives logits that are no finite numbers; it is named.
    """
    few_NHWC = source.pixels_NHWC[:_NUM_SELECTED]
    selected_NC = selected_channels(source.model, few_NHWC, source.config)
    num, class_N = source.num_unseen, wanted.logits_NK.argmax(1)
    for name, runner in zip(runtimes(), onnx_runners(path), strict=True):
        logits_NK = runner.logits(source.pixels_NHWC, source.config)
        if not logits_NK.isfinite().all():
            raise RuntimeError(f"{runner.file} in {runner.runtime} gives logits that are no finite numbers.")
        found_N, same_channels = logits_NK.argmax(1), None
        if selected_NC is not None:
            found_NC = selected_in(path, name, source.model, few_NHWC, source.config)
            same_channels = same_share(selected_NC, found_NC)
        yield (
            Reduced(
                file=runner.file,
                runtime=runner.runtime,
                dtype=dtype,
                num_images=len(logits_NK),
                num_unseen=num,
                accuracy=_share(found_N[:num] == source.label_N[:num]),
                float_accuracy=_share(class_N[:num] == source.label_N[:num]),
                same_class=_share(found_N == class_N),
                same_channels=same_channels,
            ),
            logits_NK,
        )


def _share(is_so_N: Tensor) -> float:
    return float(is_so_N.double().mean())
