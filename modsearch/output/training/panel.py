"""The words and the points in the figure of a training: whatever draws it reads this."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from modsearch.output.quantity import show_measurement
from modsearch.output.training.words import OPTIMISTIC, READ_ONCE, images
from modsearch.record import Measurement, TrainingRequest, TrainingResult

EPOCHS, LOSS, ACCURACY = "epoch", "training loss", "accuracy"
VALIDATION, KEPT = "validation", "kept epoch"
_WIDTH = 110  # characters of a line below the headline
_OVER = 0.5  # what an axis shows beyond 0 and 100 %
_LEAST_SPAN = 5.0  # points of accuracy from bottom to top: a narrower axis would blow noise up


@dataclass(frozen=True)
class TrainingPanel:
    """A training, epoch by epoch; accuracies in percent.

    Attributes:
        losses: of all epochs.
        judged_epochs: those after which the validation images were judged; none without such images.
        accuracies: of these epochs.
        kept: the epoch whose weights are kept.
        kept_accuracy: of the validation images after it; None without any.
        final: of these weights on the images that were judged in the end, with its interval.
        final_name: which images these are.
    """

    losses: tuple[float, ...]
    judged_epochs: tuple[int, ...]
    accuracies: tuple[float, ...]
    kept: int
    kept_accuracy: float | None
    final: Measurement
    final_name: str

    @property
    def epochs(self) -> tuple[int, ...]:
        """Counted from 1."""
        return tuple(range(1, len(self.losses) + 1))

    @property
    def bars(self) -> tuple[float, float]:
        """How far the interval of the final accuracy reaches below its value and above it."""
        return self.final.value - self.final.low, self.final.high - self.final.value

    @property
    def accuracy_range(self) -> tuple[float, float]:
        """The ends of the axis: everything that is drawn, and some room."""
        drawn = (*self.accuracies, self.final.low, self.final.high)
        low, high = min(drawn), max(drawn)
        room = max(0.08 * (high - low), (_LEAST_SPAN - (high - low)) / 2)
        return max(-_OVER, low - room), min(100 + _OVER, high + room)

    @property
    def epoch_range(self) -> tuple[float, float]:
        """Likewise; there is no epoch 0."""
        last = len(self.losses)
        room = max(0.5, 0.02 * last)
        return 1 - min(room, 0.9), last + room


def training_panel(result: TrainingResult) -> TrainingPanel:
    """What is drawn of a training."""
    points = [(number, epoch.accuracy) for number, epoch in enumerate(result.curve, 1)]
    judged = {number: 100 * accuracy for number, accuracy in points if accuracy is not None}
    found = result.accuracy
    final = found.model_copy(update={end: 100 * getattr(found, end) for end in ("value", "low", "high")})
    return TrainingPanel(
        losses=tuple(epoch.loss for epoch in result.curve),
        judged_epochs=tuple(judged),
        accuracies=tuple(judged.values()),
        kept=result.epoch,
        kept_accuracy=judged.get(result.epoch),
        final=final,
        final_name=f"kept weights, {images(result.judged, found.num_samples)}",
    )


def training_title(request: TrainingRequest, result: TrainingResult) -> str:
    """The headline."""
    return f"{request.name}: {show_measurement(result.accuracy)}, epoch {result.epoch} of {len(result.curve)}"


def training_subtitle(request: TrainingRequest) -> tuple[str, ...]:
    """The lines below the headline: the architecture, in as many as it takes."""
    return tuple(textwrap.wrap(request.architecture.describe(), _WIDTH))


def training_footnotes(request: TrainingRequest, result: TrainingResult) -> tuple[str, ...]:
    """The lines below the figure."""
    return tuple(_notes(request, result))


def _notes(request: TrainingRequest, result: TrainingResult) -> Iterator[str]:
    judged = images(result.judged, result.accuracy.num_samples)
    is_optimistic = result.judged == "validation" and request.num_validation > 0
    yield f"Kept weights: judged on {judged}, {OPTIMISTIC if is_optimistic else READ_ONCE}."
    chosen_by = f"{images('validation', request.num_validation)} chose the epoch"
    rule = chosen_by if request.num_validation else "no image chose the epoch: the last one is kept"
    yield f"{request.num_train:,} training images; {rule}."
    yield "Bar: 95 % interval. It covers the choice of images, not the luck of this one training."
