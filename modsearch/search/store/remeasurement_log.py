"""Later measurements in the record of a study: one user attribute of the study for each place and network."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from modsearch.architecture import Architecture
from modsearch.message import must_be, one_of, parse, shown
from modsearch.record import (
    Environment,
    Later,
    Measurement,
    Missed,
    Score,
    Trial,
    awaiting,
    measured_name,
    measured_part,
    predicted_objectives,
)
from modsearch.search.store.database import database_failures, split_target
from modsearch.search.store.link import check_links, stored_folder
from modsearch.search.store.lock import locked
from modsearch.search.store.storage import JOURNAL, Journal
from modsearch.search.store.study import Study, journal_folder, load_study
from modsearch.search.store.validation import check_score
from modsearch.search.store.version import up_to_date
from modsearch.space import METRICS, Deployment, StudySpec, deployed_name, metric

LATER = "later/"
"""How the names of these attributes begin: ``later/PLACE/ID``. One that was removed holds None."""


def read_laters(study: Study, place: str | None = None) -> list[Later]:
    """What was measured later, at one place or at all.

    Raises:
        ValueError: what the storage says cannot be; the message names the entry.
    """
    prefix = LATER if place is None else f"{LATER}{place}/"
    attrs = study.optuna_study.user_attrs
    return [
        read_later(name, attrs[name], study) for name in attrs if name.startswith(prefix) and attrs[name] is not None
    ]


def read_later(name: str, stored: object, study: Study) -> Later:
    """One entry by the name of its attribute; ValueError where it cannot be the study's."""
    path = f"study {study.optuna_study.study_name}.{shown(name)}"
    later = parse_result(Later, stored, path)
    assert isinstance(later, Later)
    _check_later(later, study.spec, path)
    if name != _attribute(later):
        raise ValueError(must_be(path, f"called {_attribute(later)}", name))
    return later


def is_later(name: str, stored: object, study: Study) -> bool:
    """Whether an attribute is an entry of this study; ValueError where a newer modsearch wrote it."""
    _current(Later, stored, shown(name))
    try:
        read_later(name, stored, study)
    except ValueError:
        return False
    return True


def own_laters(study: Study) -> list[Later]:
    """What was measured later at the study's own deployments: what had only been predicted, and what was uncertain."""
    return [each for place in study.spec.deployments for each in read_laters(study, place)]


def reported(study: Study) -> tuple[list[Trial], StudySpec]:
    """The trials and the spec of what is reported of a study, see ``measured_part``."""
    return measured_part(study.trials(), own_laters(study), study.spec)


def awaited(study: Study) -> list[tuple[Architecture, str]]:
    """The networks whose latency is only predicted and must be measured, each with the study's deployment."""
    predicted = predicted_objectives(study.spec)
    return awaiting(study.trials(), own_laters(study), study.spec) if predicted else []


def laters_at(study: Study, place: str) -> list[Later]:
    """What was measured at one place; ValueError where that is nothing."""
    found = read_laters(study, place)
    if not found:
        attrs = study.optuna_study.user_attrs
        stored = {name.removeprefix(LATER).rpartition("/")[0] for name in attrs if name.startswith(LATER)}
        known = sorted(stored - study.spec.deployments.keys())
        rule = one_of(known) if known else "left out: nothing was timed elsewhere yet, see modsearch retime"
        raise ValueError(must_be("--deployment", rule, place, known))
    return found


@contextmanager
def open_for_laters(target: str) -> Iterator[Study]:
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
    with locked(folder, "Stop it, or wait for it.") if folder else nullcontext(), database_failures(url):
        if folder and has_journal:
            Journal(folder / JOURNAL).cut_fragment()
        yield load_study(target)


class LaterRecord:
    """What was measured later at one place of a study that was opened for it.

    Attributes:
        study: the study.
        place: the name of where.
        found: what is there, by the network's id.
    """

    def __init__(self, study: Study, place: str) -> None:
        self.study, self.place = study, place
        self.found = {each.architecture_id: each for each in read_laters(study, place)}

    def keep(self, later: Later) -> None:
        """Store a measurement, unless a narrower one of the same network is there.

        Raises:
            ValueError: it is none of this place, or does not compare with what is there.
        """
        path = f"{later.place}/{later.architecture_id}"
        assert later.place == self.place
        _check_later(later, self.study.spec, path)
        self.check_deployment(later.deployment)
        there, here = self._environment(), environment(later)
        if there is not None and here is not None and here != there:
            raise ValueError(
                f"{self.place} was timed on {there.describe()}; this is {here.describe()}. "
                "Latencies of two environments do not compare: give another place with --name."
            )
        known = self.found.get(later.architecture_id)
        if known is not None and _latency(known).half_width <= _latency(later).half_width:
            return
        later = later.model_copy(update={"base": later.base or next(iter(self.study.spec.deployments))})
        self.study.optuna_study.set_user_attr(_attribute(later), later.model_dump(mode="json"))
        self.found[later.architecture_id] = later

    def check_deployment(self, deployment: Deployment) -> None:
        """Raise ValueError where the name of the place stands for another deployment."""
        own = self.study.spec.deployments.get(self.place)
        for there in (own,) if own else [each.deployment for each in self.found.values()][:1]:
            if there != deployment:
                rule = f"given another name with --name: {self.place!r} is {differing(there, deployment)}"
                raise ValueError(must_be("the place", rule, differing(deployment, there)))

    def _environment(self) -> Environment | None:
        """Where this place was timed so far; for a deployment of the study, where the study was."""
        for each in self.found.values():
            return environment(each)
        name = deployed_name("relative_latency", self.place, self.study.spec.deployments)
        return self.study.header.environments.get(name) if self.place in self.study.spec.deployments else None


def environment(later: Later) -> Environment | None:
    """Where it was timed."""
    return _latency(later).environment


def _latency(later: Later) -> Measurement:
    return later.score.metrics["relative_latency"]


def parse_result(model: type[Later] | type[Missed], stored: object, path: str) -> Later | Missed:
    """A stored form of any version up to ours, its score too."""
    return parse(model, _current(model, stored, path), path)


def _current(model: type[Later] | type[Missed], stored: object, path: str) -> object:
    stored = up_to_date(model, stored, path)
    if isinstance(stored, dict) and "score" in stored:
        return stored | {"score": up_to_date(Score, stored["score"], f"{path}.score")}
    return stored


def _check_later(later: Later, spec: StudySpec, path: str) -> None:
    check_score(later.score, f"{path}.score")
    metrics, bases = later.score.metrics, tuple(spec.deployments)
    for name in metrics:
        if name not in METRICS:
            raise ValueError(must_be(f"{path}.score.metrics", f"of {one_of(METRICS)}", name, METRICS))
    for name in ("relative_latency", *_wanted(spec, later.base or bases[0])):
        if name not in metrics:
            raise ValueError(f"{path}.score.metrics.{name} must be given.")
    if environment(later) is None:
        raise ValueError(f"{path}.score.metrics.relative_latency.environment must be given.")
    if later.base is not None and later.base not in bases:
        raise ValueError(must_be(f"{path}.base", one_of(bases), later.base, bases))
    own = spec.deployments.get(later.place, later.deployment)
    if own != later.deployment:
        rule = f"{differing(own, later.deployment)}, as the study's {later.place}"
        raise ValueError(must_be(f"{path}.deployment", rule, differing(later.deployment, own)))
    if later.reference != spec.reference:
        raise ValueError(must_be(f"{path}.reference", f"{spec.reference!r}, the study's", later.reference))


def _wanted(spec: StudySpec, base: str) -> list[str]:
    """The plain names of the study's objectives at one of its deployments."""
    first = next(iter(spec.deployments))
    places = {name: name.partition("@")[2] or first for name in spec.objectives if metric(name).is_deployed}
    return [measured_name(name).partition("@")[0] for name, place in places.items() if place == base]


def _attribute(later: Later) -> str:
    return f"{LATER}{later.place}/{later.architecture_id}"


def differing(deployment: Deployment, other: Deployment) -> str:
    """The fields in which a deployment differs from another one."""
    mine, theirs = deployment.model_dump(), other.model_dump()
    return ", ".join(f"{name} {value}" for name, value in mine.items() if value != theirs[name])


def _own_folder(study: Study) -> Path | None:
    """The folder that a database names, where it is on this machine and the study's."""
    try:
        return stored_folder(study.header)
    except ValueError:
        return None
