"""Remeasurements in the record of a study: one user attribute of the study for each place and network."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from modsearch.architecture import Architecture
from modsearch.message import must_be, one_of, parse, shown
from modsearch.record import (
    Environment,
    Measurement,
    Missed,
    Remeasurement,
    Score,
    Trial,
    awaiting,
    measured_name,
    measured_part,
    predicted_objectives,
)
from modsearch.search.store.database import database_failures, split_target
from modsearch.search.store.journal import Journal
from modsearch.search.store.lock import alone_in
from modsearch.search.store.run_folder import JOURNAL, check_links, journal_folder, stored_folder
from modsearch.search.store.study import Study, load_study
from modsearch.search.store.validation import check_score
from modsearch.search.store.version import up_to_date
from modsearch.space import METRICS, Deployment, StudySpec, deployed_name, metric

ATTRIBUTE = "later/"
"""How the names of these attributes begin: ``later/PLACE/ID``. One that was removed holds None."""


def read_remeasurements(study: Study, place: str | None = None) -> list[Remeasurement]:
    """What was measured later, at one place or at all.

    Raises:
        ValueError: what the storage says cannot be; the message names the entry.
    """
    prefix = ATTRIBUTE if place is None else f"{ATTRIBUTE}{place}/"
    attrs = study.optuna_study.user_attrs
    return [
        read_remeasurement(name, attrs[name], study)
        for name in attrs
        if name.startswith(prefix) and attrs[name] is not None
    ]


def read_remeasurement(name: str, stored: object, study: Study) -> Remeasurement:
    """One entry by the name of its attribute; ValueError where it cannot be the study's."""
    path = f"study {study.optuna_study.study_name}.{shown(name)}"
    remeasurement = parse_result(Remeasurement, stored, path)
    assert isinstance(remeasurement, Remeasurement)
    _check_remeasurement(remeasurement, study.spec, path)
    if name != _attribute(remeasurement):
        raise ValueError(must_be(path, f"called {_attribute(remeasurement)}", name))
    return remeasurement


def is_remeasurement(name: str, stored: object, study: Study) -> bool:
    """Whether an attribute is an entry of this study; ValueError where a newer modsearch wrote it."""
    _current(Remeasurement, stored, shown(name))
    try:
        read_remeasurement(name, stored, study)
    except ValueError:
        return False
    return True


def own_remeasurements(study: Study) -> list[Remeasurement]:
    """What was measured later at the study's own deployments: what had only been predicted, and what was uncertain."""
    return [remeasurement for place in study.spec.deployments for remeasurement in read_remeasurements(study, place)]


def reported(study: Study) -> tuple[list[Trial], StudySpec]:
    """The trials and the spec of what is reported of a study, see ``measured_part``."""
    return measured_part(study.trials(), own_remeasurements(study), study.spec)


def awaited(study: Study) -> list[tuple[Architecture, str]]:
    """The networks whose latency is only predicted and must be measured, each with the study's deployment."""
    predicted = predicted_objectives(study.spec)
    return awaiting(study.trials(), own_remeasurements(study), study.spec) if predicted else []


def remeasurements_at(study: Study, place: str) -> list[Remeasurement]:
    """What was measured at one place; ValueError where that is nothing."""
    found = read_remeasurements(study, place)
    if not found:
        attrs = study.optuna_study.user_attrs
        stored = {name.removeprefix(ATTRIBUTE).rpartition("/")[0] for name in attrs if name.startswith(ATTRIBUTE)}
        known = sorted(stored - study.spec.deployments.keys())
        rule = one_of(known) if known else "left out: nothing was timed elsewhere yet, see modsearch retime"
        raise ValueError(must_be("--deployment", rule, place, known))
    return found


@contextmanager
def open_for_remeasurement(target: str) -> Iterator[Study]:
    """A study to which measurements are added, as its only driver. A database needs no lock where its folder is not.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database.

    Raises:
        ValueError: there is no study, or a search is at work on it.
        StorageFailed: the database failed.
    """
    has_journal = "://" not in target
    folder = journal_folder(target) if has_journal else _own_folder(load_study(target))
    if folder:
        check_links(folder)
    url = None if has_journal else split_target(target)[0]
    with alone_in(folder, "Stop it, or wait for it.") if folder else nullcontext(), database_failures(url):
        if folder and has_journal:
            Journal(folder / JOURNAL).cut_fragment()
        yield load_study(target)


class RemeasurementLog:
    """What was measured later at one place of a study that was opened for it.

    Attributes:
        study: the study.
        place: the name of where.
        found: what is there, by the network's id.
    """

    def __init__(self, study: Study, place: str) -> None:
        self.study, self.place = study, place
        self.found = {
            remeasurement.architecture_id: remeasurement for remeasurement in read_remeasurements(study, place)
        }

    def keep(self, remeasurement: Remeasurement) -> None:
        """Store a measurement, unless a narrower one of the same network is there.

        Raises:
            ValueError: it is none of this place, or does not compare with what is there.
        """
        path = f"{remeasurement.place}/{remeasurement.architecture_id}"
        assert remeasurement.place == self.place
        _check_remeasurement(remeasurement, self.study.spec, path)
        self.check_deployment(remeasurement.deployment)
        there, here = self._environment(), environment(remeasurement)
        if there is not None and here is not None and here != there:
            raise ValueError(
                f"{self.place} was timed on {there.describe()}; this is {here.describe()}. "
                "Latencies of two environments do not compare: give another place with --name."
            )
        known = self.found.get(remeasurement.architecture_id)
        if known is not None and _latency(known).half_width <= _latency(remeasurement).half_width:
            return
        remeasurement = remeasurement.model_copy(
            update={"base": remeasurement.base or next(iter(self.study.spec.deployments))}
        )
        self.study.optuna_study.set_user_attr(_attribute(remeasurement), remeasurement.model_dump(mode="json"))
        self.found[remeasurement.architecture_id] = remeasurement

    def check_deployment(self, deployment: Deployment) -> None:
        """Raise ValueError where the name of the place stands for another deployment."""
        own = self.study.spec.deployments.get(self.place)
        for there in (own,) if own else [remeasurement.deployment for remeasurement in self.found.values()][:1]:
            if there.differences(deployment):
                rule = f"given another name with --name: {self.place!r} is {there.differences(deployment)}"
                raise ValueError(must_be("the place", rule, deployment.differences(there)))

    def _environment(self) -> Environment | None:
        """Where this place was timed so far; for a deployment of the study, where the study was."""
        for remeasurement in self.found.values():
            return environment(remeasurement)
        name = deployed_name("relative_latency", self.place, self.study.spec.deployments)
        return self.study.header.environments.get(name) if self.place in self.study.spec.deployments else None


def environment(remeasurement: Remeasurement) -> Environment | None:
    """Where it was timed."""
    return _latency(remeasurement).environment


def _latency(remeasurement: Remeasurement) -> Measurement:
    return remeasurement.score.metrics["relative_latency"]


def parse_result(model: type[Remeasurement] | type[Missed], stored: object, path: str) -> Remeasurement | Missed:
    """A stored form of any version up to ours, its score too."""
    return parse(model, _current(model, stored, path), path)


def _current(model: type[Remeasurement] | type[Missed], stored: object, path: str) -> object:
    stored = up_to_date(model, stored, path)
    if isinstance(stored, dict) and "score" in stored:
        return stored | {"score": up_to_date(Score, stored["score"], f"{path}.score")}
    return stored


def _check_remeasurement(remeasurement: Remeasurement, spec: StudySpec, path: str) -> None:
    check_score(remeasurement.score, f"{path}.score")
    metrics, bases = remeasurement.score.metrics, tuple(spec.deployments)
    for name in metrics:
        if name not in METRICS:
            raise ValueError(must_be(f"{path}.score.metrics", f"of {one_of(METRICS)}", name, METRICS))
    for name in ("relative_latency", *_wanted(spec, remeasurement.base or bases[0])):
        if name not in metrics:
            raise ValueError(f"{path}.score.metrics.{name} must be given.")
    if environment(remeasurement) is None:
        raise ValueError(f"{path}.score.metrics.relative_latency.environment must be given.")
    if remeasurement.base is not None and remeasurement.base not in bases:
        raise ValueError(must_be(f"{path}.base", one_of(bases), remeasurement.base, bases))
    own = spec.deployments.get(remeasurement.place, remeasurement.deployment)
    if own.differences(remeasurement.deployment):
        rule = f"{own.differences(remeasurement.deployment)}, as the study's {remeasurement.place}"
        raise ValueError(must_be(f"{path}.deployment", rule, remeasurement.deployment.differences(own)))
    if remeasurement.reference != spec.reference:
        raise ValueError(must_be(f"{path}.reference", f"{spec.reference!r}, the study's", remeasurement.reference))


def _wanted(spec: StudySpec, base: str) -> list[str]:
    """The plain names of the study's objectives at one of its deployments."""
    first = next(iter(spec.deployments))
    places = {name: name.partition("@")[2] or first for name in spec.objectives if metric(name).is_deployed}
    return [measured_name(name).partition("@")[0] for name, place in places.items() if place == base]


def _attribute(remeasurement: Remeasurement) -> str:
    return f"{ATTRIBUTE}{remeasurement.place}/{remeasurement.architecture_id}"


def _own_folder(study: Study) -> Path | None:
    """The folder that a database names, where it is on this machine and the study's."""
    try:
        return stored_folder(study.header)
    except ValueError:
        return None
