"""Study: the record of a search, kept in an Optuna storage, and its folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from warnings import catch_warnings

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, JournalStorage
from optuna.trial import FrozenTrial, TrialState
from pydantic import BaseModel, ConfigDict, model_validator

from modsearch.architecture import Finite
from modsearch.message import must_be, nearest, parse
from modsearch.record import Environment, Measurement, Score, State, Trial
from modsearch.search.sampler import create_sampler
from modsearch.search.soundness import PARTS, check_trial, read_part
from modsearch.search.storage import JOURNAL, open_storage, split_target, write_whole
from modsearch.search.version import up_to_date
from modsearch.space import StudySpec, dump_spec, metric

optuna.logging.set_verbosity(optuna.logging.WARNING)

UNFINISHED = "is_unfinished"
INTERRUPTED = "interrupted"
SPEC = "spec.yaml"
HEADER = "modsearch"
_STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.FAIL: "failed",
    TrialState.PRUNED: "pruned",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
_TRIAL_STATES = {name: state for state, name in _STATES.items()}


class Header(BaseModel):
    """What a study knows about itself.

    Attributes:
        spec: as the search was last started.
        fingerprint: digest of each section that changes results.
        folder: where spec.yaml and the weights are.
        environments: metric -> where latencies are measured.
        self_check: relative latencies of the reference network timed against itself when the search was last started.
        hypervolume_reference: chance accuracy, and the costliest network's value of each other objective.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    spec: StudySpec
    fingerprint: dict[str, str]
    folder: str
    environments: dict[str, Environment]
    self_check: dict[str, Measurement] = {}
    hypervolume_reference: tuple[Finite, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.hypervolume_reference) not in (0, len(self.spec.objectives)):
            rule = f"{len(self.spec.objectives)} numbers, one an objective"
            raise ValueError(must_be("hypervolume_reference", rule, list(self.hypervolume_reference)))
        return self


@dataclass(frozen=True)
class Study:
    """A study that was opened for reading, or by a driver for writing."""

    optuna_study: optuna.Study

    @cached_property
    def header(self) -> Header:
        """What the study knows about itself."""
        return read_header(self.optuna_study.user_attrs[HEADER], f"study {self.optuna_study.study_name}")

    @property
    def spec(self) -> StudySpec:
        """The study's spec."""
        return self.header.spec

    def trials(self) -> list[Trial]:
        """All trials in the order of proposal.

        Raises:
            ValueError: what the storage says about one cannot be; the message names the trial and the field.
        """
        return [self.read(each) for each in self.optuna_study.get_trials(deepcopy=False)]

    def read(self, frozen: FrozenTrial) -> Trial:
        """One trial; ValueError where what the storage says about it cannot be."""
        return check_trial(to_trial(frozen), self.spec)

    def tell(
        self, asked: optuna.Trial, state: State, score: Score | None = None, reason: str = "", seconds: float = 0.0
    ) -> Trial:
        """End a trial; only a complete one needs its score for the sampler."""
        asked.set_user_attr("seconds", seconds)
        if state == "complete":
            assert score is not None
            return to_trial(self.optuna_study.tell(asked, score.values(self.spec.objectives)))
        asked.set_user_attr("reason", reason)
        return to_trial(self.optuna_study.tell(asked, state=_TRIAL_STATES[state]))

    def end_running(self, reason: str) -> None:
        """End the trials that still run: as complete where a score was stored, else as failed and unfinished."""
        study = self.optuna_study
        for each in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            score = to_trial(each).score
            if score is not None and set(self.spec.objectives) <= score.metrics.keys():
                study.tell(each.number, score.values(self.spec.objectives))
                continue
            # not through optuna.Trial: to create one asks the sampler again
            study._storage.set_trial_user_attr(each._trial_id, "reason", reason)
            study._storage.set_trial_user_attr(each._trial_id, UNFINISHED, True)
            study.tell(each.number, state=TrialState.FAIL)


def is_new(storage: BaseStorage, name: str) -> bool:
    """Whether nothing stands under this name, or only what a search leaves that dies as it starts."""
    if name not in study_names(storage):
        return True
    study = optuna.load_study(study_name=name, storage=storage)
    return HEADER not in study.user_attrs and not study.get_trials(deepcopy=False)


def create_study(storage: BaseStorage, header: Header) -> Study:
    """Enter a new study into a storage."""
    spec = header.spec
    study = optuna.create_study(
        study_name=spec.name,
        storage=storage,
        directions=[metric(name).direction for name in spec.objectives],
        sampler=create_sampler(spec, 0),
        load_if_exists=True,
    )
    with catch_warnings(action="ignore", category=ExperimentalWarning):
        study.set_metric_names(list(spec.objectives))
    study.set_user_attr(HEADER, header.model_dump(mode="json"))
    return Study(study)


def check_fingerprint(storage: BaseStorage, name: str, fingerprint: Mapping[str, str]) -> None:
    """Raise ValueError where something that changes results differs from what a study was started with."""
    before = _load(storage, name).header.fingerprint
    changed = [section for section, digest in fingerprint.items() if before.get(section) != digest]
    if changed:
        raise ValueError(
            f"Study {name} was started with another {', '.join(changed)}: its results would not compare. "
            "Give the values it was started with, or another --out."
        )


def resume_study(storage: BaseStorage, header: Header) -> Study:
    """Open a study to go on with it; its budget, sampler and constraints may have changed.

    Raises:
        ValueError: latencies are measured in another environment, or another search keeps the weights elsewhere.
    """
    before = _load(storage, header.spec.name).header
    if not isinstance(storage, JournalStorage) and before.folder != header.folder:
        raise ValueError(
            f"Study {header.spec.name} keeps its weights in {before.folder!r}. "
            f"Give --out with that folder. Got {header.folder!r} instead."
        )
    for name, here in header.environments.items():
        there = before.environments.get(name, here)
        if there != here:
            raise ValueError(
                f"Study {header.spec.name} measured {name} on {there.describe()}; this is {here.describe()}. "
                "Latencies of two environments do not compare: go on there, or give another --out."
            )
    study = optuna.load_study(study_name=header.spec.name, storage=storage)
    Study(study).trials()  # where they are damaged, this is said before anything is written
    study.sampler = create_sampler(header.spec, len(study.get_trials(deepcopy=False)))
    header = header.model_copy(update={"hypervolume_reference": before.hypervolume_reference})
    study.set_user_attr(HEADER, header.model_dump(mode="json"))
    return Study(study)


def study_names(storage: BaseStorage) -> list[str]:
    """The studies of a storage."""
    return optuna.get_all_study_names(storage)


def load_study(target: str) -> Study:
    """Open a study for reading.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database.

    Raises:
        ValueError: there is no study; the message says what is missing.
    """
    if "://" in target:
        url, name = split_target(target)
        return _load(open_storage(Path(), url), name)
    storage = open_storage(journal_folder(target), None)
    names = study_names(storage)
    if not names:
        raise ValueError(f"The journal of {target!r} holds no study.")
    return _load(storage, names[0])


def journal_folder(target: str) -> Path:
    """The run's folder of this name; ValueError where there is none, or no journal in it."""
    folder = Path(target)
    if not folder.is_dir():
        raise ValueError(f"There is no folder {target!r}.{_nearest_run(folder)}")
    if not (folder / JOURNAL).is_file():
        raise ValueError(f"The folder {target!r} holds no {JOURNAL}: a study in a database must be written URL#name.")
    return folder


def write_spec(folder: Path, spec: StudySpec) -> None:
    """Leave the spec in the run's folder for people to read."""
    write_whole(folder / SPEC, dump_spec(spec).encode())


def _load(storage: BaseStorage, name: str) -> Study:
    names = study_names(storage)
    if name not in names:
        raise ValueError(
            f"The storage holds no study {name!r}, only {', '.join(names) or 'none'}.{nearest(name, names)}"
        )
    study = Study(optuna.load_study(study_name=name, storage=storage))
    if HEADER not in study.optuna_study.user_attrs:
        raise ValueError(f"The study {name!r} was not made by modsearch.")
    return study


def read_header(stored: object, path: str) -> Header:
    """A stored header of any version up to ours; ValueError for any other."""
    stored = up_to_date(Header, stored, path)
    if isinstance(stored, dict) and "spec" in stored:
        stored = stored | {"spec": up_to_date(StudySpec, stored["spec"], f"{path}.spec")}
    return parse(Header, stored, path)


def _nearest_run(folder: Path) -> str:
    siblings = [each.name for each in folder.parent.iterdir()] if folder.parent.is_dir() else []
    return nearest(folder.name, siblings)


def to_trial(frozen: FrozenTrial) -> Trial:
    """What a trial of the storage says; it may lack what a complete trial of its study has."""
    attrs: dict[str, Any] = frozen.user_attrs
    path = f"trial {frozen.number}"
    said: dict[str, Any] = {name: attrs[name] for name in ("reason", "seconds") if name in attrs}
    said |= {name: read_part(name, attrs[name], path) for name in PARTS if name in attrs}
    fixed = {"number": frozen.number, "state": _STATES[frozen.state], "is_repeat": "repeat_of" in attrs}
    return parse(Trial, said | fixed, path)
