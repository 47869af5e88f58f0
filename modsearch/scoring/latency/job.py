"""What a fresh process is told to time, and what it gives."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from modsearch.architecture import Architecture
from modsearch.machine.contention import BUSY_SHARE
from modsearch.record import Environment
from modsearch.space import Deployment

_VALUE = ConfigDict(frozen=True, extra="forbid")
_MAX_CLOCK_RATIO = 1.05
NUM_KEPT_CALLS = 20
"""Single calls of a network that a round keeps at most: 720 in three processes of 12 rounds."""


class Effort(BaseModel):
    """How long one process times its networks.

    Attributes:
        num_rounds: at most.
        rounds_s: no further round begins after so many seconds of rounds, but there are ``min_rounds`` in any case.
        min_rounds: likewise.
        warm_up_s: of each network, before the first round.
        sample_s: a sample is the mean of as many calls as fill this.
    """

    model_config = _VALUE

    num_rounds: int = 12
    rounds_s: float = 4.0
    min_rounds: int = 3
    warm_up_s: float = 0.15
    sample_s: float = 0.02


class Job(BaseModel):
    """Networks to be timed beside each other.

    Attributes:
        networks: by the names that the answer will use.
        deployment: where.
        effort: how long.
        number: of the process, counted from 0; decides the order in each round and who is deployed first.
        prepared: name of a network -> the file that its runtime reads, written once for all processes.
    """

    model_config = _VALUE

    networks: dict[str, Architecture]
    deployment: Deployment
    effort: Effort = Effort()
    number: int = 0
    prepared: dict[str, Path] = {}


class Rounds(BaseModel):
    """What one process measured.

    Attributes:
        times_ms: name of a network -> milliseconds a batch, one value a round: the mean of its calls.
        calls_ms: name of a network -> milliseconds of single calls, at most ``NUM_KEPT_CALLS`` a round.
        environment: where.
        clock_mhz: lowest and highest clock that was read between the rounds; None where none can be read.
        temperature_c: likewise before and after them.
        waited: seconds that threads waited for a processor, all together, in a second of the rounds; None where nobody
            tells, or where there are more threads than CPUs, which wait for each other.
        peak_memory_mb: of the network that was deployed first; empty where it cannot be read.
    """

    model_config = _VALUE

    times_ms: dict[str, tuple[float, ...]]
    calls_ms: dict[str, tuple[tuple[float, ...], ...]]
    environment: Environment
    clock_mhz: tuple[float, float] | None = None
    temperature_c: tuple[float, float] | None = None
    waited: float | None = None
    peak_memory_mb: dict[str, float] = {}

    @property
    def is_steady(self) -> bool:
        """Whether the clock kept within 5 %, as far as it can be read."""
        return self.clock_mhz is None or self.clock_mhz[1] <= _MAX_CLOCK_RATIO * self.clock_mhz[0]

    @property
    def is_disturbed(self) -> bool:
        """Whether others kept the processors from it, as far as that can be read."""
        return self.waited is not None and self.waited > BUSY_SHARE
