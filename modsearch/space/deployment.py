"""Deployment: where the target network will live, and so how it is timed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from modsearch.architecture import BatchSize, ImageSize, NumClasses, Threads


class Deployment(BaseModel):
    """What is timed.

    Attributes:
        image_size: pixels of a side.
        num_classes: outputs of the head.
        batch_size: images in a batch.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        threads: CPU threads of the timed process.
        dtype: number format of weights and images.
        runtime: what runs the network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_size: ImageSize
    num_classes: NumClasses
    batch_size: BatchSize = 1
    device: str = "cpu"
    threads: Threads = 1
    dtype: Literal["float32"] = "float32"
    runtime: Literal["eager"] = "eager"
