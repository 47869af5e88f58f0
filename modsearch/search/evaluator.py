"""What a search asks of whoever scores networks."""

from typing import Protocol

from modsearch.architecture import Architecture
from modsearch.record import OnEpoch, Score, Trained
from modsearch.space import Fidelity


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

    def train(
        self, architecture: Architecture, fidelity: Fidelity, replicate: int = 0, on_epoch: OnEpoch | None = None
    ) -> Trained:
        """Accuracy after training, and the weights. Raises whatever goes wrong: the trial fails with that reason."""
