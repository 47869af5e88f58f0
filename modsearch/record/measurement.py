"""Measurement: a value with its interval, and where it was measured."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from modsearch.record.selection import Selectivity, hardly_selects
from modsearch.space import metric

_VALUE = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")  # null would not read back
SPEEDUP_UNIT = "x plain form"


class Environment(BaseModel):
    """The machine and software that a measurement belongs to.

    Attributes:
        device: model of the processor or graphics card.
        threads: CPU threads of the measuring process.
        software: versions of what ran the network.
    """

    model_config = _VALUE

    device: str
    threads: int
    software: str

    def describe(self) -> str:
        """One line."""
        return f"{self.device}, {self.threads} thread{'s' * (self.threads != 1)}, {self.software}"


class Measurement(BaseModel):
    """A value and its 95 % interval.

    Attributes:
        value: the value, in ``unit``.
        low: lower end of the interval; the value itself for exact counts.
        high: upper end of the interval.
        num_samples: how many rounds or images it rests on; 1 for exact counts.
        unit: unit of the three.
        environment: where it was measured; None for counts, which are the same everywhere.
    """

    model_config = _VALUE

    value: float
    low: float
    high: float
    num_samples: int = 1
    unit: str
    environment: Environment | None = None

    @classmethod
    def exact(cls, value: float, unit: str) -> "Measurement":
        """A count."""
        return cls(value=value, low=value, high=value, unit=unit)

    @property
    def half_width(self) -> float:
        """Of the interval, as a fraction of the value."""
        return (self.high - self.low) / 2 / self.value

    def throughput(self, batch_size: int) -> "Measurement":
        """Images a second at this latency, which is milliseconds a batch. Rare slow calls are not seen in a median."""
        assert self.unit == "ms"
        value, low, high = (1e3 * batch_size / latency for latency in (self.value, self.high, self.low))
        return self.model_copy(update={"value": value, "low": low, "high": high, "unit": "images/s"})


class Timed(BaseModel):
    """How the latencies of a network at one deployment came about.

    Attributes:
        log_ratios: log(network / reference) of each round, one tuple a fresh process.
        ending: ``precise``: the interval was narrow enough; ``budget``: the time was spent before it was; ``busy``: it
            was not, and others kept the processors from it, so that more time would not have helped; ``rounds``: as
            many as were asked for.
        num_repeated: processes that were thrown away and repeated, because the clock had moved in them.
        clock_mhz: lowest and highest clock that was read meanwhile; None where none can be read.
        temperature_c: likewise.
    """

    model_config = _VALUE

    log_ratios: tuple[tuple[float, ...], ...]
    ending: Literal["precise", "budget", "busy", "rounds"]
    num_repeated: int = 0
    clock_mhz: tuple[float, float] | None = None
    temperature_c: tuple[float, float] | None = None


class Epoch(BaseModel):
    """One point of a learning curve.

    Attributes:
        loss: mean training loss.
        accuracy: fraction of the validation images that are classified correctly, of a proxy's a part of them before
            the last epoch; None where there are none.
        seconds: training time of the epoch, validation left out.
    """

    model_config = _VALUE

    loss: float
    accuracy: float | None = Field(ge=0, le=1)
    seconds: float = Field(ge=0, le=1e9)


OnEpoch = Callable[[int, Epoch], None]
"""Called after each epoch with its number, counted from 1, and what it gave."""


Outcome = Literal["saved", "lost", "undecided"]


class Speedup(BaseModel):
    """What a network saves at one deployment against its plain form: the same depths and widths, all blocks standard.

    Attributes:
        gmacs: of the network, 1e9 multiply-adds an image.
        plain_gmacs: of its plain form.
        measured: latency of the plain form / that of the network, timed in the same rounds; None where nothing was.
    """

    model_config = _VALUE

    gmacs: float = Field(ge=1e-9, le=1e18)
    plain_gmacs: float = Field(ge=1e-9, le=1e18)
    measured: Measurement | None = None

    @property
    def gmacs_saved(self) -> float:
        """As a fraction of the plain form's; below 0 where light blocks cost more than they save."""
        return 1 - self.gmacs / self.plain_gmacs

    @property
    def ideal(self) -> float:
        """The speed-up that there would be if time went with the MACs."""
        return self.plain_gmacs / self.gmacs

    @property
    def outcome(self) -> Outcome | None:
        """What becomes of the saved MACs; None where none are saved, or nothing was timed.

        ``saved``: the whole interval of the measured speed-up lies above 1, so time is saved too. ``lost``: all of it
        lies at 1 or below. ``undecided``: it holds 1 and reaches above it.
        """
        if self.measured is None or self.gmacs >= self.plain_gmacs:
            return None
        if self.measured.low > 1:
            return "saved"
        return "lost" if self.measured.high <= 1 else "undecided"


class Score(BaseModel):
    """Everything that is known about one network.

    Attributes:
        metrics: metric name -> measurement.
        timed: deployment name -> how its latencies came about.
        speedups: deployment name -> what light blocks save there; empty for a network without them.
        learning_curve: one entry an epoch; empty for a network that was not trained.
        correct: base64 of one bit for each validation image, in the order of the split: 1 for right.
        selectivity: of each block that chooses channels by the image, on some of the validation images.
        uncounted: operators that GMACs leave out.
    """

    model_config = _VALUE

    schema_version: Literal[2] = 2
    metrics: dict[str, Measurement]
    timed: dict[str, Timed] = {}
    speedups: dict[str, Speedup] = {}
    learning_curve: tuple[Epoch, ...] = ()
    correct: str = ""
    selectivity: tuple[Selectivity, ...] = ()
    uncounted: tuple[str, ...] = ()

    @property
    def hardly_selects(self) -> bool:
        """Whether the selection hardly depends on the image."""
        return hardly_selects(self.selectivity)

    def values(self, names: tuple[str, ...]) -> tuple[float, ...]:
        """The values of these metrics, in this order."""
        return tuple(self.metrics[name].value for name in names)

    def untrained(self) -> "Score":
        """What is known without training."""
        metrics = {name: measured for name, measured in self.metrics.items() if not metric(name).is_trained}
        gone = {"metrics": metrics, "learning_curve": (), "correct": "", "selectivity": ()}
        return self.model_copy(update=gone)

    def trained(self) -> "Score":
        """What only a training tells."""
        metrics = {name: measured for name, measured in self.metrics.items() if metric(name).is_trained}
        gone = {"metrics": metrics, "timed": {}, "speedups": {}, "uncounted": ()}
        return self.model_copy(update=gone)

    def merged(self, other: "Score") -> "Score":
        """What the two know together; ``other`` wins where both know something."""
        return Score(
            metrics=self.metrics | other.metrics,
            timed=self.timed | other.timed,
            speedups=self.speedups | other.speedups,
            learning_curve=other.learning_curve or self.learning_curve,
            correct=other.correct or self.correct,
            selectivity=other.selectivity or self.selectivity,
            uncounted=other.uncounted or self.uncounted,
        )


@dataclass(frozen=True)
class Trained:
    """What a training run gives.

    Attributes:
        score: accuracy, learning curve and per-image correctness.
        weights: the final weights as safetensors.
    """

    score: Score
    weights: bytes
