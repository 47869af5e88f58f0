"""A tabulated evaluator with luck: accuracies vary over replicates, and each image is right or wrong."""

import base64
import random
from typing import Any

import numpy as np

from modsearch.record import Measurement, Score, Task, Trained
from tests.conformance.tabulated import TabulatedEvaluator, accuracy

NUM_IMAGES = 1000


class LuckyEvaluator(TabulatedEvaluator):
    """Networks get the images right that are easier than they are good, by their table and by luck.

    Attributes:
        luck: deviation of a network's accuracy over trainings.
        tasks: the keys of what was trained, in order.
    """

    luck: float = 0.01

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.tasks: list[str] = []

    def train(self, task: Task, *arguments: Any, **named: Any) -> Trained:
        self.tasks.append(task.key)
        trained = super().train(task, *arguments, **named)
        truth = accuracy(task.architecture) + random.Random(task.key).gauss(0, self.luck)
        ease_N = np.random.default_rng(task.replicate).random(NUM_IMAGES)
        right_N = ease_N < truth
        top1 = Measurement(value=float(right_N.mean()), low=0.0, high=1.0, num_samples=NUM_IMAGES, unit="fraction")
        correct = base64.b64encode(np.packbits(right_N).tobytes()).decode()
        score = Score(metrics={"accuracy": top1}, learning_curve=trained.score.learning_curve, correct=correct)
        return Trained(score, trained.weights)
