"""Record: what a page's figures are computed from, as its template sees it."""

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from modsearch.analysis import (
    Contrast,
    FrontInfo,
    FrontPoint,
    ModBenefit,
    Progress,
    PublishedStatus,
    Retiming,
    SpeedupTally,
    front_info,
    mod_benefit,
    progress,
    published_info,
    retiming,
    speedup_tallies,
)
from modsearch.record import Measurement, Remeasurement, Trial
from modsearch.search import (
    Study,
    corner_of,
    load_study,
    own_remeasurements,
    read_remeasurements,
    remeasurements_at,
    reported,
)
from modsearch.space import StudySpec

RESULTS = Path(__file__).parent
BENCHMARKS = RESULTS.parents[1] / "benchmarks" / "results"
JOURNAL = "study.journal"


class RecordMissing(Exception):  # noqa: N818
    """A page asks for a file that its record does not hold."""


class Files:
    """The JSON files of a folder by their stems: ``files.eager_1`` or ``files["eager_1"]``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Any] = {}

    def __getitem__(self, stem: str) -> Any:
        if stem not in self._read:
            path = self._folder / f"{stem}.json"
            if not path.is_file():
                raise RecordMissing(f"{path.name} is not there")
            self._read[stem] = json.loads(path.read_text())
        return self._read[stem]

    def has(self, stem: str) -> bool:
        """Whether the file is there."""
        return (self._folder / f"{stem}.json").is_file()

    def __getattr__(self, stem: str) -> Any:
        if stem.startswith("_"):
            raise AttributeError(stem)
        return self[stem]


class StudyRecord:
    """A published study: its journal, and what the product says of it.

    Args:
        folder: where ``study.journal`` lies.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def study(self) -> Study:
        """The study itself."""
        if not (self._folder / JOURNAL).is_file():
            raise RecordMissing(f"{JOURNAL} is not there")
        return load_study(str(self._folder))

    @property
    def spec(self) -> StudySpec:
        """What was asked for."""
        return self.study.spec

    @cached_property
    def trials(self) -> list[Trial]:
        """All trials in the order of proposal."""
        return self.study.trials()

    @cached_property
    def front(self) -> FrontInfo:
        """The front as ``modsearch front`` gives it."""
        return front_info(*reported(self.study), self._corner, self.study.header.first_design)

    @cached_property
    def benefit(self) -> ModBenefit:
        """MoD networks against plain ones."""
        return mod_benefit(self.front)

    @cached_property
    def progress(self) -> Progress:
        """What became of the trials, and the time that they took."""
        return progress(self.trials, self.spec, self._corner, own_remeasurements(self.study))

    @cached_property
    def published(self) -> tuple[PublishedStatus, ...]:
        """The published networks that the space holds."""
        return tuple(status for status in published_info(*reported(self.study)) if status.standing != "outside")

    @cached_property
    def retimings(self) -> tuple[Retiming, ...]:
        """The front against the one at each later place, in the order of their names."""
        places = sorted(
            {remeasurement.place for remeasurement in read_remeasurements(self.study)} - self.spec.deployments.keys()
        )
        own = own_remeasurements(self.study)
        return tuple(retiming(self.trials, own, self._remeasurements(place), self.spec) for place in places)

    def retimed(self, point: FrontPoint) -> Measurement | None:
        """A network's latency at the first later place; None where it was not timed there."""
        if not self.retimings:
            return None
        remeasurements = {
            remeasurement.architecture_id: remeasurement.score
            for remeasurement in self._remeasurements(self.retimings[0].place)
        }
        score = remeasurements.get(point.id)
        return None if score is None else score.metrics["relative_latency"]

    @property
    def speedups(self) -> tuple[SpeedupTally, ...]:
        """What of the MACs that MoD blocks save becomes time, at each deployment."""
        return speedup_tallies(self.front.speedups)

    @property
    def points(self) -> Sequence[FrontPoint]:
        """All networks that count, from low to high first cost."""
        cost = self.cost
        return sorted(self.front.points, key=lambda point: (point.scores[cost].value, point.id))

    @property
    def cost(self) -> str:
        """The name of the first cost objective."""
        return self.front.costs[0].name

    @property
    def reference(self) -> FrontPoint:
        """The reference network; it is trained in every study."""
        return next(point for point in self.front.points if point.id == self.front.reference_id)

    @property
    def training_s(self) -> float:
        """Seconds of training in all."""
        return sum(epoch.seconds for trial in self.trials if trial.score for epoch in trial.score.learning_curve)

    @property
    def against_deleted(self) -> list[tuple[FrontPoint, Contrast]]:
        """MoD networks with what they are against their deleted forms, where these were scored."""
        networks = self.benefit.networks
        return [(network.point, network.against_deleted) for network in networks if network.against_deleted is not None]

    @property
    def against_best_plain(self) -> list[tuple[FrontPoint, Contrast]]:
        """MoD networks with what they are against the best plain network that costs no more."""
        networks = self.benefit.networks
        return [
            (network.point, network.against_best_plain)
            for network in networks
            if network.against_best_plain is not None
        ]

    @property
    def largest_move(self) -> float:
        """The largest difference between a network's latency and what it was when it was timed again."""
        pairs = [(point.scores[self.cost].value, self.retimed(point)) for point in self.points]
        return max(abs(value - remeasurement.value) for value, remeasurement in pairs if remeasurement is not None)

    @property
    def mod_block_cost(self) -> float:
        """What a MoD block adds to the first cost of a deleted form, in the median over the networks."""
        costs = [
            (point.scores[self.cost].value - found.plain.scores[self.cost].value) / point.num_mod_blocks
            for point, found in self.against_deleted
        ]
        return median(costs)

    @property
    def static(self) -> list[FrontPoint]:
        """The networks that choose by the image and hardly depend on it."""
        return [point for point in self.front.points if point.score.selectivity and point.score.hardly_selects]

    @property
    def num_remeasured(self) -> int:
        """Networks that were timed again at the study's own deployments."""
        return len({remeasurement.architecture_id for remeasurement in own_remeasurements(self.study)})

    @property
    def _corner(self) -> tuple[float, ...]:
        return corner_of(self.study.header, self.trials)

    def _remeasurements(self, place: str) -> list[Remeasurement]:
        return remeasurements_at(self.study, place)


def blocks(point: FrontPoint) -> str:
    """``S / S M16 / S``: the blocks of a network, stage by stage."""
    return point.description.partition("[")[2].rstrip("]").replace(" | ", " / ")


def known(folder: Path) -> dict[str, Any]:
    """What the template of a page in this folder may ask for."""
    return {
        "record": Files(folder),
        "benchmark": Files(BENCHMARKS),
        "page": lambda name: Files(RESULTS / name),
        "study": StudyRecord(folder),
        "blocks": blocks,
    }


def study_folders() -> Iterator[Path]:
    """The folders of results that hold a study."""
    for path in sorted(RESULTS.glob(f"*/{JOURNAL}")):
        yield path.parent
