"""Config: what somebody needs to feed a network and to read its answer, without modsearch."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from modsearch.file import read_bounded
from modsearch.message import parse, read_json

CONFIG, ARCHITECTURE = "config.json", "architecture.json"
_MAX_BYTES = 100_000_000  # the names of a million classes


class Config(BaseModel):
    """How images become input, and what the logits mean.

    An image is read upright and as RGB (a JPEG file at a half, quarter or eighth of its size, where that leaves
    ``jpeg_draft`` times as many pixels as are needed), and its centre square is resized to ``resize`` pixels a side, of
    which the middle ``image_size`` are taken. Values from 0 to 1 less ``mean``, over ``std``, go in as
    (B, 3, image_size, image_size).

    Attributes:
        architecture_id: of the network.
        image_size: pixels of a side that go in.
        resize: pixels of a side of the resized square.
        interpolation: of the resizing.
        jpeg_draft: Pillow's ``draft`` is given so many times ``resize``.
        mean: of red, green and blue, from 0 to 1.
        std: likewise.
        class_names: in the order of the logits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    architecture_id: str
    image_size: int
    resize: int
    interpolation: Literal["bilinear"] = "bilinear"
    jpeg_draft: Literal[2] = 2
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    class_names: tuple[str, ...]

    def metadata(self) -> dict[str, str]:
        """The same as an ONNX file has it: names and texts, of which those that are no texts are JSON."""
        fields = self.model_dump(mode="json", exclude={"schema_version"})
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}


def read_config(folder: Path) -> Config:
    """Of a bundle; ValueError where it is none."""
    return parse(Config, read_json(read_bounded(folder / CONFIG, _MAX_BYTES), CONFIG), CONFIG)
