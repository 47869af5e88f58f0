"""Salvage: a fresh journal, through Optuna's public calls, of every trial whose lines in a damaged one are whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import FrozenTrial, TrialState

from modsearch.search.store.header import HEADER, Header, read_header
from modsearch.search.store.journal import Attrs, Entry, entry_line, read_entries
from modsearch.search.store.study import UNFINISHED, Study, create_study
from modsearch.search.store.validation import read_part
from modsearch.search.store.version import NewerVersion

DAMAGED = "its part of the journal was damaged"
_MIN_CREATION_BYTES = 80  # of the line that begins a trial


@dataclass
class Salvage:
    """What can be read of a journal.

    Attributes:
        header: the last one that is whole; None where there is none.
        content: of the fresh journal.
        unread: the numbers of the lines that cannot be read, or not all of them.
        lost: the numbers of the trials that had ended and are not whole any more, with the reason.
    """

    header: Header | None = None
    content: bytes = b""
    unread: list[int] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)


def salvage(content: bytes) -> Salvage:
    """A fresh journal from what stands in another one.

    Each trial keeps its number. One that had ended, and whose own lines are not whole, has failed from now on; where
    its network is known, a search tries that again.

    Raises:
        NewerVersion: a newer modsearch wrote it.
    """
    found = _read(content)
    result = Salvage(found.header, unread=found.unread)
    if found.header is None:
        return result
    memory = _Memory()
    study = create_study(JournalStorage(memory), found.header)
    for name, stored in found.attrs.items():
        study.optuna_study.set_user_attr(name, stored)
    for number in range(found.num_trials):
        said = found.trials.get(number, _Said())
        try:
            _check(said, number, study)
            study.optuna_study.add_trial(said.frozen(number))
        except NewerVersion:
            raise
        except ValueError as error:
            study.optuna_study.add_trial(_failed(said, number))
            result.lost |= {number: str(error)} if said.state.is_finished() else {}
    result.content = b"".join(map(entry_line, memory.logs))
    return result


class _Memory(BaseJournalBackend):
    """A journal that is written to the disk when it is complete."""

    def __init__(self) -> None:
        self.logs: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        return iter(self.logs[log_number_from:])

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.logs += logs


@dataclass
class _Said:
    """What the lines of a journal say of one trial."""

    state: TrialState = TrialState.RUNNING
    values: list[float] | None = None
    start: datetime | None = None
    end: datetime | None = None
    params: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, BaseDistribution] = field(default_factory=dict)
    user_attrs: Attrs = field(default_factory=dict)
    system_attrs: Attrs = field(default_factory=dict)

    def hear(self, entry: Entry) -> None:
        """Take in a line; ValueError or another error of Optuna's where it cannot be."""
        single = {} if entry.param_name is None else {entry.param_name: entry.distribution}
        distributions = {name: json_to_distribution(text) for name, text in (entry.distributions | single).items()}
        numbered = entry.params | ({} if entry.param_name is None else {entry.param_name: entry.param_value_internal})
        start, end = _time(entry.datetime_start), _time(entry.datetime_complete)
        self.params |= {name: distributions[name].to_external_repr(number) for name, number in numbered.items()}
        self.distributions |= distributions
        self.user_attrs |= entry.user_attr | entry.user_attrs
        self.system_attrs |= entry.system_attr | entry.system_attrs
        self.start, self.end = start or self.start, end or self.end
        self.values = entry.values or ([entry.value] if entry.value is not None else self.values)
        self.state = self.state if entry.state is None else TrialState(entry.state)

    def frozen(self, number: int) -> FrozenTrial:
        """The trial as Optuna has it. One whose beginning was lost began when it ended."""
        is_waiting = self.state == TrialState.WAITING
        start = self.start or self.end or (None if is_waiting else datetime.now())
        return FrozenTrial(
            number=number,
            trial_id=number,
            state=self.state,
            value=None,
            values=self.values,
            datetime_start=start,
            datetime_complete=self.end or start if self.state.is_finished() else None,
            params=self.params,
            distributions=self.distributions,
            user_attrs=self.user_attrs,
            system_attrs=self.system_attrs,
            intermediate_values={},
        )


@dataclass
class _Found:
    """The lines of a journal, sorted by what they are about."""

    header: Header | None = None
    attrs: Attrs = field(default_factory=dict)
    trials: dict[int, _Said] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)
    num_trials: int = 0
    num_lost_bytes: int = 0

    def hear(self, entry: Entry) -> None:
        """Take in a line; an error where it cannot be."""
        if entry.begins_trial:
            self.trials.setdefault(self.num_trials, _Said()).hear(entry)
            self.num_trials += 1
        elif entry.trial_id is None:
            self._hear_of_study(entry.user_attr)
        else:
            self._make_room(entry.trial_id)
            said = self.trials.setdefault(entry.trial_id, _Said())
            if not said.state.is_finished():  # Optuna takes in nothing more
                said.hear(entry)

    def _hear_of_study(self, attrs: Attrs) -> None:
        if HEADER in attrs:
            self.header = read_header(attrs[HEADER], "the study")
        self.attrs |= {name: stored for name, stored in attrs.items() if name != HEADER}

    def _make_room(self, number: int) -> None:
        """Count the trials whose beginning was lost, but for more than the lost lines can have begun."""
        num_more = number + 1 - self.num_trials
        if num_more > self.num_lost_bytes // _MIN_CREATION_BYTES + len(self.unread):
            raise ValueError(f"no trial {number} was begun")
        self.num_trials = max(self.num_trials, number + 1)


def _read(content: bytes) -> _Found:
    found = _Found()
    for number, line, entry in read_entries(content):
        try:
            if entry is not None:
                found.hear(entry)
                continue
        except NewerVersion:
            raise
        except Exception:  # a distribution of another kind, a date that is none
            pass
        if number not in found.unread:
            found.unread.append(number)
        found.num_lost_bytes += len(line)
    return found


def _check(said: _Said, number: int, study: Study) -> None:
    """Raise ValueError where a trial lacks what it had, or says what cannot be."""
    trial = study.read(said.frozen(number))
    is_scored = trial.state == "complete" or (trial.state == "running" and trial.score is not None)
    if trial.is_repeat or not is_scored:
        return
    missing = sorted(study.spec.space.parameters.keys() - said.params)
    if trial.architecture is None or missing:
        raise ValueError(f"it lacks {', '.join(missing) or 'its network'}")


def _failed(said: _Said, number: int) -> FrozenTrial:
    """A trial that is to be tried again, with what is left of it."""
    attrs: Attrs = {"reason": DAMAGED}
    try:
        network = read_part("architecture", said.user_attrs["architecture"], f"trial {number}")
        attrs |= {"architecture": network.model_dump(mode="json"), UNFINISHED: True}
    except (KeyError, ValueError):
        pass
    return _Said(TrialState.FAIL, start=said.start, end=said.end, user_attrs=attrs).frozen(number)


def _time(text: str | None) -> datetime | None:
    """A time of this machine, as Optuna has it, of one that the journal gives."""
    return datetime.fromisoformat(text).astimezone().replace(tzinfo=None) if text else None
