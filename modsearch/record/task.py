"""Task: the unit of work of a search, and the key of what comes of it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Architecture, NonNegativeInt, PositiveInt
from modsearch.space import Fidelity


class Task(BaseModel):
    """A training of one network.

    Attributes:
        architecture: the target network.
        fidelity: how its proxy is trained.
        replicate: which draw of the split, the order of images and the initial weights it gets.
        until_epoch: the epoch after which it stops, of those of the fidelity; None to train it to the end.
        continues: the number of the trial that trained it so far; None for one that begins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Architecture
    fidelity: Fidelity
    replicate: Annotated[NonNegativeInt, Field(lt=2**31)] = 0
    until_epoch: PositiveInt | None = None
    continues: NonNegativeInt | None = None

    @property
    def key(self) -> str:
        """What weights, checkpoints, claims and results of this training are called: ``ID-REPLICATE-FIDELITY``.

        A training that stops at an epoch and the one that continues it have the same: they share a checkpoint.
        """
        return f"{self.architecture.id}-{self.replicate}-{self.fidelity.tag}"

    @property
    def is_whole(self) -> bool:
        """Whether it trains the network to the end."""
        return self.until_epoch is None or self.until_epoch >= self.fidelity.epochs
