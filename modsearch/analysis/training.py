"""What networks are worth that were trained in full, and what the first of them gains on the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from modsearch.analysis.difference import Difference, accuracy_difference
from modsearch.record import ClassResult, Measurement, TrainingRequest, TrainingResult
from modsearch.record.training import Judged
from modsearch.space import METRICS
from modsearch.statistic.interval import share_interval

Training = tuple[TrainingRequest, TrainingResult]
Verdict = Literal["gains", "loses", "within noise"]


@dataclass(frozen=True)
class TrainedNetwork:
    """A network that was trained in full.

    Attributes:
        name: what it is called beside the others.
        id: of its architecture.
        description: its architecture in one line.
        accuracy: on the images that were judged; the interval covers the choice of these, not the luck of training.
        judged: which images these are.
        is_optimistic: these images also chose the epoch whose weights are kept, so that its accuracy looks better than
            it is.
        epoch: whose weights are kept, counted from 1.
        num_epochs: that it was trained for.
        images_per_second: that it was trained on.
        worst: the class of the lowest accuracy; None where no class was judged.
        best: that of the highest.
        lead: accuracy of the first network minus this one's; None for the first itself, and where the two were judged
            on different images. It is paired where both records say which images were right.
    """

    name: str
    id: str
    description: str
    accuracy: Measurement
    judged: Judged
    is_optimistic: bool
    epoch: int
    num_epochs: int
    images_per_second: float
    worst: ClassResult | None
    best: ClassResult | None
    lead: Difference | None = None

    @property
    def verdict(self) -> Verdict | None:
        """Whether the first network gains on this one, or loses to it; None where they are not compared."""
        if self.lead is None:
            return None
        if self.lead.is_within_noise:
            return "within noise"
        return "gains" if self.lead.value > 0 else "loses"


@dataclass(frozen=True)
class TrainingInfo:
    """Networks that were trained in full by one recipe, one training each.

    What an interval covers is the choice of the judged images. Another seed gives another network of the same
    architecture, whose accuracy differs as well, by tenths of a point or more: no interval here holds that, so that a
    small gain beyond the noise of images can still be the luck of one training.

    Attributes:
        networks: the chosen one first, then what it is held against.
    """

    networks: tuple[TrainedNetwork, ...]

    @property
    def chosen(self) -> TrainedNetwork:
        """The first network."""
        return self.networks[0]

    @property
    def others(self) -> tuple[TrainedNetwork, ...]:
        """What it is held against."""
        return self.networks[1:]


def training_info(trainings: Sequence[Training]) -> TrainingInfo:
    """What these networks are worth, the first of which was chosen; there is at least one."""
    first, *rest = trainings
    others = (_network(training, _lead(first, training)) for training in rest)
    return TrainingInfo((_network(first, None), *others))


def is_same_images(one: Training, other: Training) -> bool:
    """Whether two networks were judged on the same images.

    Held-out images belong to the data. Images for validation are also drawn from it, by the seed.
    """
    return _judged_images(one) == _judged_images(other)


def by_accuracy(classes: Sequence[ClassResult]) -> tuple[ClassResult, ...]:
    """From the lowest accuracy to the highest, then those of which no image was judged."""
    return tuple(sorted(classes, key=lambda found: (found.accuracy is None, found.accuracy or 0.0)))


def class_accuracy(found: ClassResult) -> Measurement | None:
    """Accuracy of a class with its 95 % Wilson interval; None where no image of it was judged."""
    if found.accuracy is None:
        return None
    low, high = share_interval(found.num_correct, found.num_images)
    unit = METRICS["accuracy"].unit
    return Measurement(value=found.accuracy, low=low, high=high, num_samples=found.num_images, unit=unit)


def _judged_images(training: Training) -> tuple[object, ...]:
    request, result = training
    drawn = (request.recipe.seed, request.recipe.validation) if result.judged == "validation" else ()
    return request.content_hash, result.judged, result.accuracy.num_samples, drawn


def _lead(first: Training, other: Training) -> Difference | None:
    return accuracy_difference(first[1].score, other[1].score) if is_same_images(first, other) else None


def _network(training: Training, lead: Difference | None) -> TrainedNetwork:
    request, result = training
    judged = [found for found in by_accuracy(result.classes) if found.num_images]
    return TrainedNetwork(
        name=request.name,
        id=request.architecture.id,
        description=request.architecture.describe(),
        accuracy=result.accuracy,
        judged=result.judged,
        is_optimistic=result.judged == "validation" and request.num_validation > 0,
        epoch=result.epoch,
        num_epochs=len(result.curve),
        images_per_second=result.images_per_second,
        worst=judged[0] if judged else None,
        best=judged[-1] if judged else None,
        lead=lead,
    )
