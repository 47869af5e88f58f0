"""A training in full: what was asked for, and what came of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from modsearch.architecture import Architecture
from modsearch.record.measurement import Epoch, Measurement, Score
from modsearch.space import Data, Recipe

_END = 30  # characters
_VALUE = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
Judged = Literal["held-out", "validation"]


class TrainingRequest(BaseModel):
    """What is trained, on what and how: it decides every bit of the result on a CPU.

    Attributes:
        name: what the network is called beside others.
        origin: where it was chosen, in a few words.
        architecture: the network.
        recipe: how it is trained; its image size is given, on CPUs also its threads.
        data: the images.
        content_hash: of the images for training and validation.
        class_names: in the order of the outputs.
        mean: of red, green and blue of the training images, from 0 to 1.
        std: likewise.
        num_train: images for training.
        num_validation: images that choose the epoch.
        num_held_out: images that nobody sees before the end.
        is_streamed: whether the images are read from their files epoch by epoch.
        processes: that train together.
        software: what trains, and on what kind of device.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    name: str
    origin: str
    architecture: Architecture
    recipe: Recipe
    data: Data
    content_hash: str
    class_names: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    num_train: int
    num_validation: int
    num_held_out: int
    is_streamed: bool
    processes: int
    software: str

    def difference(self, other: "TrainingRequest") -> str:
        """The first field in which another request differs, with both values; empty where none does."""
        for name in type(self).model_fields:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs and name in ("recipe", "data") and type(mine) is type(theirs):
                return f"{name}.{_first(mine.model_dump(), theirs.model_dump())}"
            if mine != theirs:
                return _told(name, mine, theirs)
        return ""


def _first(mine: dict[str, object], theirs: dict[str, object]) -> str:
    return next(_told(name, value, theirs[name]) for name, value in mine.items() if value != theirs[name])


def _told(name: str, mine: object, theirs: object) -> str:
    mine, theirs = (value.id if isinstance(value, Architecture) else value for value in (mine, theirs))
    return f"{name} {_ends(str(mine))!r} instead of {_ends(str(theirs))!r}"


def _ends(text: str) -> str:
    """A text, or both ends of a long one: paths differ in either."""
    return text if len(text) <= 2 * _END + 3 else f"{text[:_END]}...{text[-_END:]}"


class ClassResult(BaseModel):
    """How a class was recognised.

    Attributes:
        name: of the class.
        num_images: of it that were judged.
        num_correct: of these that were taken for it.
    """

    model_config = _VALUE

    name: str
    num_images: int
    num_correct: int

    @property
    def accuracy(self) -> float | None:
        """As a fraction; None where no image of it was judged."""
        return self.num_correct / self.num_images if self.num_images else None


class TrainingResult(BaseModel):
    """What a training gave.

    Attributes:
        epoch: whose weights are kept, counted from 1.
        score: accuracy of these weights with the learning curve; image by image on the images that were judged.
        judged: which these are: held-out images, which were read once, or those for validation, which chose the epoch.
        validation: accuracy on the images for validation; None without any.
        classes: class by class, on the images that were judged.
        images_per_second: training images a second, in the median of the epochs; of all processes together.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    epoch: int
    score: Score
    judged: Judged
    validation: Measurement | None
    classes: tuple[ClassResult, ...]
    images_per_second: float

    @property
    def accuracy(self) -> Measurement:
        """On the images that were judged."""
        return self.score.metrics["accuracy"]

    @property
    def curve(self) -> tuple[Epoch, ...]:
        """Epoch by epoch."""
        return self.score.learning_curve
