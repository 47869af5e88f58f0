"""Trial cost: what one trial of a study takes, from a short trial that was timed."""

import time
from dataclasses import dataclass
from math import ceil
from statistics import mean

from modsearch.architecture import Architecture
from modsearch.record import Epoch, ImageCount, Task, Trained, TrialCost
from modsearch.scoring.evaluator import LocalEvaluator
from modsearch.training.proxy import CURVE_IMAGES

_TIMED_S = 3.0
_NUM_PROBE_STEPS = 2
_MAX_EPOCHS = 10


class TrialTimer:
    """Times short trials and works out what whole ones take.

    A tiny training run finds how many steps fill about three seconds, at most an epoch. The next one trains for an
    epoch of so many steps to warm up, and for others until the time is filled; a step of the study's epochs is taken
    to last as long as one of those. Network, batch size and image size are the study's, only the images are fewer.

    Args:
        evaluator: of the study.
        images: how many images the study's fidelity selects.
    """

    def __init__(self, evaluator: LocalEvaluator, images: ImageCount) -> None:
        self._evaluator, self._images = evaluator, images
        self._fidelity = evaluator.spec.fidelity

    def time(self, architecture: Architecture) -> TrialCost:
        """Measure and train one network for about ten seconds; where a step is slow, for four steps.

        Raises:
            RuntimeError: whatever goes wrong in training, such as too little memory.
        """
        start = time.perf_counter()
        measured = self._evaluator.measure(architecture)
        measure_s = time.perf_counter() - start
        lap = self._lap(architecture, _NUM_PROBE_STEPS, num_epochs=2)
        num_steps = min(self._num_steps(self._images.train), int(_TIMED_S / lap.step_s))
        if num_steps > lap.num_steps:
            num_epochs = 1 + min(_MAX_EPOCHS, ceil(_TIMED_S / (num_steps * lap.step_s)))
            lap = self._lap(architecture, num_steps, num_epochs)
        score = measured.merged(lap.trained.score)
        return TrialCost(
            measure_s=measure_s,
            train_s=self._train_s(lap),
            weights_bytes=len(lap.trained.weights),
            # base64 of a bit for each validation image that the short run did without
            score_bytes=len(score.model_dump_json()) + (self._images.validation - lap.num_validation) / 6,
        )

    def _lap(self, architecture: Architecture, num_steps: int, num_epochs: int) -> "_Lap":
        """Train on so few images that an epoch has about this many steps, and so gently that no network diverges."""
        images = self._images
        per_class = min(images.smallest_class, ceil(num_steps * self._fidelity.batch_size / images.classes))
        changes = {"images_per_class": per_class, "epochs": num_epochs, "learning_rate": 1e-4}
        ends = [time.perf_counter()]

        def on_epoch(number: int, epoch: Epoch) -> None:
            ends.append(time.perf_counter())

        fidelity = self._fidelity.model_copy(update=changes)
        trained = self._evaluator.train(Task(architecture=architecture, fidelity=fidelity), on_epoch)
        first, *others = (epoch.seconds for epoch in trained.score.learning_curve)
        return _Lap(
            trained=trained,
            num_steps=(steps := self._num_steps(per_class * images.classes)),
            step_s=mean(others) / steps,
            warm_up_s=max(0.0, first - mean(others)),
            validation_s=max(0.0, ends[-1] - ends[-2] - others[-1]),
        )

    def _num_steps(self, num_images: int) -> int:
        return max(1, num_images // self._fidelity.batch_size)

    def _train_s(self, lap: "_Lap") -> float:
        """All epochs: the last one's validation is over all images, that of the others over about a thousand."""
        epochs, num_images = self._fidelity.epochs, self._images.validation
        num_validated = num_images + (epochs - 1) * num_images / max(1, num_images // CURVE_IMAGES)
        validation_s = lap.validation_s / lap.num_validation * num_validated
        return lap.warm_up_s + epochs * self._num_steps(self._images.train) * lap.step_s + validation_s


@dataclass(frozen=True)
class _Lap:
    """A short training run: seconds of a step, of warming up, and of validating after the last epoch."""

    trained: Trained
    num_steps: int
    step_s: float
    warm_up_s: float
    validation_s: float

    @property
    def num_validation(self) -> int:
        return self.trained.score.metrics["accuracy"].num_samples
