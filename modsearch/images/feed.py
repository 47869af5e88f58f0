"""Feed: what a training loop asks of its images."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

Batch = tuple[Tensor, Tensor]
"""Normalised images x_BCHW (float32, channels last) and labels_B (int64), on the training device."""


@dataclass(frozen=True)
class Share:
    """The parts of each batch that one process trains on, and the part of the validation images that it judges.

    A batch is cut into parts of equal size, in their order; the parts are the same however many processes share them.

    Attributes:
        rank: of this process, from 0.
        size: how many processes there are.
        accumulate: parts of a batch that each of them takes.
    """

    rank: int = 0
    size: int = 1
    accumulate: int = 1

    @property
    def num_parts(self) -> int:
        """Parts of a batch."""
        return self.size * self.accumulate

    @property
    def first(self) -> int:
        """Number of this process's first part."""
        return self.rank * self.accumulate

    def take(self, index_B: Tensor) -> tuple[Tensor, ...]:
        """This process's parts of a batch."""
        return index_B.tensor_split(self.num_parts)[self.first : self.first + self.accumulate]

    def judge(self, index_N: Tensor) -> Tensor:
        """This process's part of the images that are judged."""
        return index_N.tensor_split(self.size)[self.rank]


WHOLE = Share()
"""One process takes all, batch by batch."""


class Feed(Protocol):
    """The images of a training. It holds no state that training changes: what is drawn follows from epoch and step."""

    @property
    def share(self) -> Share:
        """What of them is this process's."""
        ...

    @property
    def num_batches(self) -> int:
        """Batches, thus training steps, of an epoch."""
        ...

    @property
    def num_validation(self) -> int:
        """Validation images of all processes."""
        ...

    def epoch(self, index: int, start: int = 0) -> Iterator[Batch]:
        """This process's parts of shuffled and augmented batches, batch after batch, without the first ``start``.

        Batches are complete: the rest of the images, too few for one, is left out; other epochs leave out others.
        """
        ...

    def validation_batches(self, stride: int = 1) -> Iterator[Batch]:
        """This process's part of the validation images, or of the first of every ``stride``, in order."""
        ...

    def step_seed(self, epoch: int, step: int, part: int = 0) -> int:
        """A seed for what is drawn in one part of a step of an epoch, of its own for each."""
        ...
