"""What a search asks of whoever scores networks."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from modsearch.architecture import Architecture
from modsearch.record import OnEpoch, Score, Task, Trained


class Evaluator(Protocol):
    """Scores networks: cheap metrics first, accuracy by training."""

    @property
    def data_hash(self) -> str:
        """Content hash of the training images."""

    @property
    def num_classes(self) -> int:
        """Number of classes of the training images."""

    def measure(self, architecture: Architecture) -> Score:
        """Every metric that needs no training."""

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        """Accuracy after training, and the weights. Raises whatever goes wrong: the trial fails with that reason."""


class SharedImages(Protocol):
    """The images of the process of the search, for workers on other machines."""

    @property
    def file(self) -> Path:
        """Where they lie on the machine of the search."""

    def load(self, read: Callable[[int, int], bytes]) -> object:
        """The images on the machine that calls, its own if it has the same ones.

        Args:
            read: gives a part of ``file``: where it begins, and how many bytes it has. Raises OSError.

        Raises:
            ValueError: the machine has others, or none and cannot get them.
            OSError: they cannot be kept there.
        """
