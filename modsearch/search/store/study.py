"""Study: the record of a search, kept in an Optuna storage, and its folder."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import BaseStorage, JournalStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from modsearch.message import nearest
from modsearch.record import Score, State, Trial
from modsearch.search.store.claim import Claims
from modsearch.search.store.database import split_target
from modsearch.search.store.header import HEADER, Header, read_header
from modsearch.search.store.storage import JOURNAL, open_storage, write_whole
from modsearch.search.store.trial_codec import DRIVER, TRIAL_STATES, owner, signature, to_trial
from modsearch.search.store.validation import check_corner, check_trial
from modsearch.space import StudySpec, dump_spec, metric

optuna.logging.set_verbosity(optuna.logging.WARNING)

UNFINISHED = "is_unfinished"
INTERRUPTED = "interrupted"
DIED = "the search that ran it died"
SPEC = "spec.yaml"


@dataclass(frozen=True)
class Study:
    """A study that was opened for reading, or by a driver for writing.

    Attributes:
        optuna_study: where it is stored.
        claims: what a driver asks of the others.
    """

    optuna_study: optuna.Study
    claims: Claims = field(default_factory=Claims)

    @cached_property
    def header(self) -> Header:
        """What the study knows about itself."""
        return read_header(self.optuna_study.user_attrs[HEADER], f"study {self.optuna_study.study_name}")

    def read_header_again(self) -> Header:
        """The header as it is now: another driver may have changed it."""
        vars(self).pop("header", None)
        return self.header

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

    def folders(self) -> dict[int, Path]:
        """Trial number -> the folder where its weights are, of the trials that name one: those of a database do."""
        named = {each.number: signature(each).get("folder") for each in self.optuna_study.get_trials(deepcopy=False)}
        return {number: Path(folder) for number, folder in named.items() if isinstance(folder, str)}

    def sign(self, asked: optuna.Trial) -> None:
        """Say in a trial whose it is, and where its weights will be; nothing where there is one driver."""
        if self.claims.driver:
            asked.set_user_attr(DRIVER, {"id": self.claims.driver, "folder": self.claims.folder})

    def tell(
        self, asked: optuna.Trial, state: State, score: Score | None = None, reason: str = "", seconds: float = 0.0
    ) -> Trial:
        """End a trial; only a complete one needs its score for the sampler.

        Where another driver took us for dead and ended it, what we found goes into another trial.
        """
        try:
            asked.set_user_attr("seconds", seconds)
            if state != "complete":
                asked.set_user_attr("reason", reason)
            values = score.values(self.spec.objectives) if state == "complete" and score is not None else None
            told = self.optuna_study.tell(asked, values, TRIAL_STATES[state], skip_if_finished=True)
        except UpdateFinishedTrialError:
            told = self._frozen(asked)
        if told.state != TRIAL_STATES[state] and state != "failed" and score is not None:
            told = self._tell_elsewhere(told, state, score, {"reason": reason, "seconds": seconds})
        return to_trial(told)

    def end_running(self, reason: str) -> None:
        """End our trials that still run: as complete where a score was stored, else as failed and unfinished."""
        running = self._running()
        for each in running:
            if self.claims.owns(owner(each)):
                self._end(each, reason)
        self.claims.free([each for each in self.claims.claimed() if each.driver == self.claims.driver])

    def end_dead(self) -> None:
        """End what dead drivers left running, and then let go of their claims.

        In this order, a driver that was only slow either tells its trial or finds it ended: no network is given away
        whose result is still to come into its trial. What is read first may be there before its driver is known to
        live, so the living are read last.
        """
        claimed, running = self.claims.claimed(), self._running()
        living = self.claims.living()
        for each in running:
            if owner(each) and owner(each) not in living:
                self._end(each, DIED)
        self.claims.free([each for each in claimed if each.driver not in living])

    def _running(self) -> list[FrozenTrial]:
        return self.optuna_study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def _end(self, running: FrozenTrial, reason: str) -> None:
        """End a trial, unless another driver was faster."""
        study, score = self.optuna_study, to_trial(running).score
        with suppress(UpdateFinishedTrialError):
            if score is not None and set(self.spec.objectives) <= score.metrics.keys():
                study.tell(running.number, score.values(self.spec.objectives), skip_if_finished=True)
                return
            # not through optuna.Trial: to create one asks the sampler again
            study._storage.set_trial_user_attr(running._trial_id, "reason", reason)
            study._storage.set_trial_user_attr(running._trial_id, UNFINISHED, True)
            study.tell(running.number, state=TrialState.FAIL, skip_if_finished=True)

    def _frozen(self, asked: optuna.Trial) -> FrozenTrial:
        return self.optuna_study._storage.get_trial(asked._trial_id)

    def _tell_elsewhere(self, ended: FrozenTrial, state: State, score: Score, notes: dict[str, Any]) -> FrozenTrial:
        """Give a result whose trial was ended to the trial that another driver began instead, or else to a new one.

        Either is atomic: a trial ends once, and a network has one claim.
        """
        network = to_trial(ended).architecture
        assert network is not None
        attrs = {"score": score.model_dump(mode="json"), DRIVER: ended.user_attrs.get(DRIVER)} | notes
        values = score.values(self.spec.objectives) if state == "complete" else None
        while not self.claims.take(network.id, ended.number):
            number = self.claims.others.get(network.id)
            if number is not None:
                return self._tell_for(number, attrs, TRIAL_STATES[state], values)
        for each in self.trials():  # who had it may have told it before we took it
            if each.state == "complete" and not each.is_repeat and each.architecture == network:
                return ended
        trial = create_trial(
            state=TRIAL_STATES[state],
            values=values,
            params=ended.params,
            distributions=ended.distributions,
            user_attrs={name: each for name, each in ended.user_attrs.items() if name != UNFINISHED} | attrs,
            system_attrs=ended.system_attrs,
        )
        storage = self.optuna_study._storage
        return storage.get_trial(storage.create_new_trial(self.optuna_study._study_id, trial))

    def _tell_for(
        self, number: int, attrs: dict[str, Any], state: TrialState, values: tuple[float, ...] | None
    ) -> FrozenTrial:
        """End another driver's trial with our result, unless it did so itself."""
        running, storage = self.optuna_study.get_trials(deepcopy=False)[number], self.optuna_study._storage
        with suppress(UpdateFinishedTrialError):
            for name, value in attrs.items():
                storage.set_trial_user_attr(running._trial_id, name, value)
            return self.optuna_study.tell(number, values, state, skip_if_finished=True)
        return storage.get_trial(running._trial_id)


def is_new(storage: BaseStorage, name: str) -> bool:
    """Whether nothing stands under this name, or only what a search leaves that dies as it starts."""
    if name not in study_names(storage):
        return True
    study = optuna.load_study(study_name=name, storage=storage)
    return HEADER not in study.user_attrs and not study.get_trials(deepcopy=False)


def create_study(storage: BaseStorage, header: Header) -> Study:
    """Enter a new study into a storage; its sampler is for others to set."""
    spec = header.spec
    study = optuna.create_study(
        study_name=spec.name,
        storage=storage,
        directions=[metric(name).direction for name in spec.objectives],
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
    if not changed:
        return
    advice = "Give the values it was started with, or another --out."
    if not before.keys() >= set(changed):  # the modsearch that began it knew no such thing
        advice = "It can be shown and timed again; to search, give another --out."
    words = f"was started with another {', '.join(changed)}: its results would not compare."
    raise ValueError(f"Study {name} {words} {advice}")


def resume_study(storage: BaseStorage, header: Header) -> Study:
    """Open a study to go on with it; its budget and constraints may have changed. Its sampler is for others to set.

    Raises:
        ValueError: latencies are measured in another environment.
    """
    before = _load(storage, header.spec.name).header
    if not isinstance(storage, JournalStorage):  # each driver has a folder of its own; this is the first one's
        header = header.model_copy(update={"folder": before.folder})
    for name, here in header.environments.items():
        there = before.environments.get(name, here)
        if there != here:
            raise ValueError(
                f"Study {header.spec.name} measured {name} on {there.describe()}; this is {here.describe()}. "
                "Latencies of two environments do not compare: go on there, or give another --out."
            )
    study = optuna.load_study(study_name=header.spec.name, storage=storage)
    Study(study).trials()  # where they are damaged, this is said before anything is written
    check_corner(before.hypervolume_reference, header.spec, "hypervolume_reference")
    before = Study(study).header  # another driver may have fixed the corner meanwhile
    kept = {name: getattr(before, name) for name in ("hypervolume_reference", "first_design")}
    header = header.model_copy(update=kept)
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


def _nearest_run(folder: Path) -> str:
    siblings = [each.name for each in folder.parent.iterdir()] if folder.parent.is_dir() else []
    return nearest(folder.name, siblings)
