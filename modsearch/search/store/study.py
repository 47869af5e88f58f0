"""Study: the record of a search, kept in an Optuna storage, and its folder."""

from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from warnings import catch_warnings

import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import BaseStorage, JournalStorage
from optuna.trial import FrozenTrial, TrialState

from modsearch.architecture import Architecture
from modsearch.message import nearest
from modsearch.record import Score, State, Task, Trial, violations
from modsearch.search.store.database import open_database, split_target
from modsearch.search.store.header import HEADER, Header, read_header
from modsearch.search.store.journal import open_journal
from modsearch.search.store.run_folder import journal_folder
from modsearch.search.store.trial_codec import TRIAL_STATES, signature, to_trial
from modsearch.search.store.validation import check_corner, check_trial
from modsearch.space import StudySpec, metric

optuna.logging.set_verbosity(optuna.logging.WARNING)

UNFINISHED = "is_unfinished"
INTERRUPTED = "interrupted"
DIED = "the search that ran it died"
DAMAGED = "its part of the journal was damaged"


@dataclass(frozen=True)
class Study:
    """A study that was opened for reading, or by its only driver for writing.

    What must be asked of other drivers has the answer here that it has where there are none; ``SharedStudy`` asks them.

    Attributes:
        optuna_study: where it is stored.
        worked_as: the spec that executors go by, where that is another one than what its search went by; what is stored
            is read by that of the search.
    """

    optuna_study: optuna.Study
    worked_as: StudySpec | None = field(default=None, kw_only=True)

    @property
    def is_shared(self) -> bool:
        """Whether there may be other drivers, whose news are to be looked for."""
        return False

    @property
    def others(self) -> Mapping[str, int]:
        """What other drivers have, as far as is known: the key of a task -> the number of its trial, -1 for a place."""
        return {}

    def others_work(self) -> bool:
        """Whether another driver may still settle a network, or leave one for us."""
        return False

    def is_leader(self) -> bool:
        """Whether we are the one of its drivers that does what is to be done once."""
        return True

    def reserve(self, limit: int | None, judged: Callable[[], Set[str]]) -> bool:
        """Take a place in the budget, for a network that is to be found yet.

        Args:
            limit: how many networks the budget allows; None for any number.
            judged: gives the ids of the networks that count towards it, with what the others just ended.

        Returns:
            False where what is judged and what other drivers have use the budget up.
        """
        return True

    def claim(self, task: str, trial: int) -> bool:
        """Turn the place into the claim of a task by its key; False where another driver has it."""
        return True

    def put_back(self, task: str) -> None:
        """Turn the claim of a task into a place again."""

    def release(self, task: str = "") -> None:
        """Let go of a task whose trial has ended; without a name, of the place."""

    def sign(self, asked: optuna.Trial) -> None:
        """Say in a trial whose it is, and where its weights will be."""

    def end_dead(self) -> None:
        """End what dead drivers left running."""

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
        return self.worked_as or self.header.spec

    def task(self, architecture: Architecture) -> Task:
        """What a search does with a network: it is trained once, at the study's fidelity."""
        return Task(architecture=architecture, fidelity=self.spec.fidelity)

    @cached_property
    def draw(self) -> str:
        """What the keys of a search's tasks have behind the network: its replicate and its fidelity."""
        return self.task(self.spec.reference_architecture).key.partition("-")[2]

    def trials(self) -> list[Trial]:
        """All trials in the order of proposal.

        Raises:
            ValueError: what the storage says about one cannot be; the message names the trial and the field.
        """
        return [self.read(frozen) for frozen in self.optuna_study.get_trials(deepcopy=False)]

    def read(self, frozen: FrozenTrial) -> Trial:
        """One trial; ValueError where what the storage says about it cannot be."""
        return check_trial(to_trial(frozen), self.header.spec)

    def folders(self) -> dict[int, Path]:
        """Trial number -> the folder where its weights are, of the trials that name one: those of a database do."""
        frozen = self.optuna_study.get_trials(deepcopy=False)
        named = {trial.number: signature(trial).get("folder") for trial in frozen}
        return {number: Path(folder) for number, folder in named.items() if isinstance(folder, str)}

    def tell(
        self, asked: optuna.Trial, state: State, score: Score | None = None, reason: str = "", seconds: float = 0.0
    ) -> Trial:
        """End a trial; only a complete one needs its score for the sampler."""
        asked.set_user_attr("seconds", seconds)
        if state != "complete":
            asked.set_user_attr("reason", reason)
        values = score.values(self.header.spec.objectives) if state == "complete" and score is not None else None
        return to_trial(self.optuna_study.tell(asked, values, TRIAL_STATES[state], skip_if_finished=True))

    def end_running(self, reason: str) -> None:
        """End our trials that still run: as complete where a score was stored, else as failed and unfinished."""
        for running in self._running():
            self._end(running, reason)

    def _running(self) -> list[FrozenTrial]:
        return self.optuna_study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def _end(self, running: FrozenTrial, reason: str) -> None:
        """End a trial, unless another driver was faster."""
        study, trial = self.optuna_study, to_trial(running)
        score = trial.score
        with suppress(UpdateFinishedTrialError):
            if score is not None and self._is_judged(trial):
                study.tell(running.number, score.values(self.header.spec.objectives), skip_if_finished=True)
                return
            # not through optuna.Trial: to create one asks the sampler again
            study._storage.set_trial_user_attr(running._trial_id, "reason", reason)
            study._storage.set_trial_user_attr(running._trial_id, UNFINISHED, True)
            study.tell(running.number, state=TrialState.FAIL, skip_if_finished=True)

    def _is_judged(self, trial: Trial) -> bool:
        """Whether all is known of a trial, and its network keeps the bounds."""
        if (
            trial.score is None
            or trial.architecture is None
            or not set(self.header.spec.objectives) <= trial.score.metrics.keys()
        ):
            return False
        return not violations(trial.architecture, trial.score, self.header.spec)


@dataclass(frozen=True)
class ReadStudy(Study):
    """A study that is only read, perhaps again and again: a trial that has ended is parsed once."""

    _ended: dict[int, Trial] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, frozen: FrozenTrial) -> Trial:
        """One trial; ValueError where what the storage says about it cannot be."""
        known = self._ended.get(frozen.number)
        if known is None:
            known = super().read(frozen)
            if frozen.state.is_finished():
                self._ended[frozen.number] = known
        return known


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


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The journal of a run's folder, or the database behind a URL; ValueError where nothing can be opened there."""
    return open_journal(folder) if url is None else open_database(url)


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


def _load(storage: BaseStorage, name: str) -> Study:
    names = study_names(storage)
    if name not in names:
        raise ValueError(
            f"The storage holds no study {name!r}, only {', '.join(names) or 'none'}.{nearest(name, names)}"
        )
    study = ReadStudy(optuna.load_study(study_name=name, storage=storage))
    if HEADER not in study.optuna_study.user_attrs:
        raise ValueError(f"The study {name!r} was not made by modsearch.")
    return study
