"""The networks that a study scored, and the objectives that it trades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modsearch.architecture import Architecture, PlacementName, published_name
from modsearch.record import Measurement, Score, Trial
from modsearch.space import metric


@dataclass(frozen=True)
class Objective:
    """A metric that a study trades against others.

    Attributes:
        name: as in the study, such as ``relative_latency@cpu``.
        unit: the unit of its values.
        direction: ``maximize`` or ``minimize``.
        label: what it is, in words, with its deployment if the study has several.
    """

    name: str
    unit: str
    direction: str
    label: str

    @classmethod
    def named(cls, name: str) -> "Objective":
        """The objective of a metric's name."""
        about, deployment = metric(name), name.partition("@")[2]
        label = f"{about.label} on {deployment}" if deployment else about.label
        return cls(name, about.unit, about.direction, label)


@dataclass(frozen=True)
class FrontPoint:
    """A scored network.

    Attributes:
        id: the architecture's id.
        architecture: the target network.
        score: everything that is known about it.
        trial_number: the first trial that scored it.
        deleted_form: id of the network without its light blocks, if it has some and the study scored that too.
    """

    id: str
    architecture: Architecture
    score: Score
    trial_number: int
    deleted_form: str | None = None

    @property
    def scores(self) -> Mapping[str, Measurement]:
        """Metric name -> measurement, for all metrics of the score."""
        return self.score.metrics

    @property
    def description(self) -> str:
        """The architecture in one line."""
        return self.architecture.describe()

    @property
    def published(self) -> str | None:
        """The name under which the network was published, or None."""
        return published_name(self.architecture)

    @property
    def placement(self) -> PlacementName:
        """The simplest named placement of its light blocks."""
        return self.architecture.placement

    @property
    def num_mod_blocks(self) -> int:
        """Number of MoD blocks."""
        return self.architecture.num_mod_blocks

    @property
    def is_plain(self) -> bool:
        """Whether it has standard blocks only."""
        return self.architecture.num_light_blocks == 0


def scored_points(trials: Sequence[Trial]) -> list[FrontPoint]:
    """The networks that were scored, each as its first complete trial that is no repeat, in the order of these."""
    first: dict[str, tuple[Architecture, Score, int]] = {}
    for trial in trials:
        if trial.state == "complete" and not trial.is_repeat and trial.architecture and trial.score:
            first.setdefault(trial.architecture.id, (trial.architecture, trial.score, trial.number))
    return [
        FrontPoint(key, architecture, score, number, _deleted_form(architecture, first))
        for key, (architecture, score, number) in first.items()
    ]


def _deleted_form(architecture: Architecture, scored: Mapping[str, object]) -> str | None:
    """The id of a network's deleted form, if it has one that was scored."""
    if architecture.num_light_blocks == 0:
        return None
    deleted = architecture.deleted().id
    return deleted if deleted in scored else None
