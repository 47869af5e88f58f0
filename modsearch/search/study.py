"""Study: the record of a search, kept in an Optuna storage, and its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from pydantic import BaseModel, ConfigDict

from modsearch.architecture import Architecture
from modsearch.message import nearest, parse
from modsearch.record import Environment, Score, State, Trial
from modsearch.search.sampler import create_sampler
from modsearch.space import StudySpec, dump_spec

optuna.logging.set_verbosity(optuna.logging.WARNING)

JOURNAL = "study.journal"
_HEADER = "modsearch"
_STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.FAIL: "failed",
    TrialState.PRUNED: "pruned",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


class Header(BaseModel):
    """What a study knows about itself.

    Attributes:
        spec: as the search was last started.
        fingerprint: digest of each section that changes results.
        folder: where spec.yaml and the weights are.
        environments: metric -> where latencies are measured.
        hypervolume_reference: chance accuracy, and the costliest network's value of each other objective.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    spec: StudySpec
    fingerprint: dict[str, str]
    folder: str
    environments: dict[str, Environment]
    hypervolume_reference: tuple[float, ...]


@dataclass(frozen=True)
class Study:
    """A study that was opened for reading, or by a driver for writing."""

    optuna_study: optuna.Study

    @cached_property
    def header(self) -> Header:
        """What the study knows about itself."""
        return parse(Header, self.optuna_study.user_attrs[_HEADER], f"study {self.optuna_study.study_name}")

    @property
    def spec(self) -> StudySpec:
        """The study's spec."""
        return self.header.spec

    def trials(self) -> list[Trial]:
        """All trials in the order of proposal."""
        return [to_trial(each) for each in self.optuna_study.get_trials(deepcopy=False)]


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The journal file of a run's folder, or the database behind a URL.

    Raises:
        ValueError: nothing can be opened there.
    """
    if url is None:
        return JournalStorage(JournalFileBackend(str(folder / JOURNAL)))
    return _open_url(url)


def create_study(storage: BaseStorage, header: Header) -> Study:
    """Enter a new study into a storage."""
    spec = header.spec
    study = optuna.create_study(
        study_name=spec.name, storage=storage, directions=list(spec.directions), sampler=create_sampler(spec, 0)
    )
    study.set_metric_names(list(spec.objectives))
    study.set_user_attr(_HEADER, header.model_dump(mode="json"))
    return Study(study)


def resume_study(storage: BaseStorage, header: Header) -> Study:
    """Open a study to go on with it; its budget, sampler and constraints may have changed.

    Raises:
        ValueError: something that changes results is different; the message names it.
    """
    before = _load(storage, header.spec.name).header
    changed = [name for name, digest in header.fingerprint.items() if before.fingerprint.get(name) != digest]
    if changed:
        raise ValueError(
            f"Study {header.spec.name} was started with another {', '.join(changed)}: its results would not compare. "
            "Give the values it was started with, or another --out."
        )
    for metric, here in header.environments.items():
        there = before.environments[metric]
        if there != here:
            raise ValueError(
                f"Study {header.spec.name} measured {metric} on {there.describe()}; this is {here.describe()}. "
                "Latencies of two environments do not compare: go on there, or give another --out."
            )
    study = optuna.load_study(study_name=header.spec.name, storage=storage)
    study.sampler = create_sampler(header.spec, len(study.get_trials(deepcopy=False)))
    header = header.model_copy(update={"hypervolume_reference": before.hypervolume_reference})
    study.set_user_attr(_HEADER, header.model_dump(mode="json"))
    return Study(study)


def has_study(storage: BaseStorage, name: str) -> bool:
    """Whether the storage holds a study of that name."""
    return name in optuna.get_all_study_names(storage)


def load_study(target: str) -> Study:
    """Open a study for reading.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database.

    Raises:
        ValueError: there is no study; the message says what is missing.
    """
    if "://" in target:
        url, separator, name = target.partition("#")
        if not separator or not name:
            raise ValueError(f"A study in a database must be written URL#name. Got {target!r} instead.")
        return _load(_open_url(url), name)
    folder = Path(target)
    if not folder.is_dir():
        raise ValueError(f"There is no folder {target!r}.{_nearest_run(folder)}")
    if not (folder / JOURNAL).is_file():
        raise ValueError(f"The folder {target!r} holds no {JOURNAL}: a study in a database must be written URL#name.")
    storage = open_storage(folder, None)
    names = optuna.get_all_study_names(storage)
    if not names:
        raise ValueError(f"The journal of {target!r} holds no study.")
    return _load(storage, names[0])


def write_spec(folder: Path, spec: StudySpec) -> None:
    """Leave the spec in the run's folder for people to read."""
    (folder / "spec.yaml").write_text(dump_spec(spec), encoding="utf-8")


def _load(storage: BaseStorage, name: str) -> Study:
    names = optuna.get_all_study_names(storage)
    if name not in names:
        raise ValueError(f"The storage holds no study {name!r}, only {', '.join(names) or 'none'}.{nearest(name, names)}")
    study = Study(optuna.load_study(study_name=name, storage=storage))
    if _HEADER not in study.optuna_study.user_attrs:
        raise ValueError(f"The study {name!r} was not made by modsearch.")
    return study


def _open_url(url: str) -> BaseStorage:
    try:
        return RDBStorage(url)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"The storage {_without_password(url)!r} cannot be opened: {reason}") from None


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}***@{rest.rpartition('@')[2]}" if "@" in rest else url


def _nearest_run(folder: Path) -> str:
    siblings: Sequence[str] = [each.name for each in folder.parent.iterdir()] if folder.parent.is_dir() else []
    return nearest(folder.name, siblings)


def to_trial(frozen: FrozenTrial) -> Trial:
    """What a trial of the storage says."""
    attrs: dict[str, Any] = frozen.user_attrs
    return Trial(
        number=frozen.number,
        state=_STATES[frozen.state],
        architecture=parse(Architecture, attrs["architecture"]) if "architecture" in attrs else None,
        score=parse(Score, attrs["score"]) if "score" in attrs else None,
        is_repeat="repeat_of" in attrs,
        reason=attrs.get("reason", ""),
        seconds=frozen.duration.total_seconds() if frozen.duration else 0.0,
    )
