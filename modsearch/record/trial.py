"""Trial: one network that a study tried, and what became of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Architecture
from modsearch.record.measurement import Score

State = Literal["complete", "failed", "pruned", "running", "waiting"]


class Trial(BaseModel):
    """One entry of a study's record.

    Attributes:
        number: counted from 0 in the order of proposal.
        state: ``pruned`` means that a constraint was violated before training, or that training was screened out.
        architecture: the target network; None for a trial that ended before it had one.
        score: what is known about it; None before it is measured.
        is_repeat: answered from the record, not trained.
        reason: why it failed or was pruned.
        task: the key of the task that it stands for; empty in studies of the first release, which have one a network.
        seconds: time from proposal to answer, by a clock that does not jump; 0 where the search died.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    state: State
    architecture: Architecture | None = None
    score: Score | None = None
    is_repeat: bool = False
    reason: str = ""
    task: str = Field(default="", max_length=100)
    seconds: float = Field(default=0.0, ge=0, le=1e9)

    @property
    def is_screened(self) -> bool:
        """Whether training was stopped because the network could not reach the front any more."""
        return self.state == "pruned" and self.score is not None and bool(self.score.learning_curve)
