"""Salvage: a fresh journal, through Optuna's public calls, of every trial whose lines in a damaged one are whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from modsearch.search.store.header import HEADER, Header, read_header
from modsearch.search.store.journal import Log, entry_line, read_lines
from modsearch.search.store.study import UNFINISHED, Study, create_study
from modsearch.search.store.validation import read_part
from modsearch.search.store.version import NewerVersion

DAMAGED = "its part of the journal was damaged"
_BEGIN_TRIAL = 4  # as Optuna numbers what happens
_MIN_BEGINNING_BYTES = 80  # of the line that begins a trial


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
    found = _Lines(content)
    result = Salvage(found.header, unread=found.unread)
    if found.header is None:
        return result
    memory = _Memory()
    study = create_study(JournalStorage(memory), found.header)
    empty = list(memory.logs)
    for name, stored in found.attrs.items():
        study.optuna_study.set_user_attr(name, stored)
    for number, logs in enumerate(found.trials):
        try:
            frozen = _replayed([*empty, *logs])
            frozen.number = number
            _check(frozen, study)
            study.optuna_study.add_trial(frozen)
        except NewerVersion:
            raise
        except Exception as error:  # Optuna trips over a broken line in many ways
            study.optuna_study.add_trial(_failed(logs))
            if any(log.get("state") in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL) for log in logs):
                result.lost[number] = str(error)
    result.content = b"".join(map(entry_line, memory.logs))
    return result


class _Memory(BaseJournalBackend):
    """A journal that is written to the disk when it is complete."""

    def __init__(self, logs: list[Log] | None = None) -> None:
        self.logs = logs or []

    def read_logs(self, log_number_from: int) -> Iterator[Log]:
        return iter(self.logs[log_number_from:])

    def append_logs(self, logs: list[Log]) -> None:
        self.logs += logs


class _Lines:
    """The lines of a journal, sorted by what they are about.

    Attributes:
        header: the last one that is whole.
        attrs: what else is said of the study.
        trials: the lines of each trial, as if it were the first.
        unread: the numbers of the lines that cannot be read.
    """

    def __init__(self, content: bytes) -> None:
        self.header: Header | None = None
        self.attrs: dict[str, Any] = {}
        self.trials: list[list[Log]] = []
        self.unread: list[int] = []
        self._num_lost_bytes = 0
        for number, line, log in read_lines(content):
            try:
                if log is None:
                    raise ValueError("no entry")
                self._sort(log)
            except NewerVersion:
                raise
            except (ValueError, TypeError, KeyError, AttributeError):
                self.unread += [number] if number not in self.unread else []
                self._num_lost_bytes += len(line)

    def _sort(self, log: Log) -> None:
        if log["op_code"] == _BEGIN_TRIAL:
            self.trials.append([log])
        elif "trial_id" not in log:
            for name, stored in log.get("user_attr", {}).items():
                if name == HEADER:
                    self.header = read_header(stored, "the study")
                else:
                    self.attrs[name] = stored
        else:
            self._begin_lost(log["trial_id"])
            self.trials[log["trial_id"]].append(log | {"trial_id": 0})

    def _begin_lost(self, number: int) -> None:
        """Begin the trials whose beginning was lost, but for more than the lost lines can have begun."""
        num_lost = number + 1 - len(self.trials)
        if number < 0 or num_lost > len(self.unread) + self._num_lost_bytes // _MIN_BEGINNING_BYTES:
            raise ValueError(f"no trial {number} was begun")
        now = datetime.now(UTC).isoformat()
        log = {"op_code": _BEGIN_TRIAL, "worker_id": "", "study_id": 0, "datetime_start": now}
        self.trials += ([log] for _ in range(num_lost))


def _replayed(logs: list[Log]) -> FrozenTrial:
    """What Optuna makes of a trial's lines, alone in a journal."""
    storage = JournalStorage(_Memory(logs))
    (name,) = optuna.get_all_study_names(storage)
    (frozen,) = optuna.load_study(study_name=name, storage=storage).get_trials(deepcopy=False)
    return frozen


def _check(frozen: FrozenTrial, study: Study) -> None:
    """Raise ValueError where a trial lacks what it had, or says what cannot be."""
    trial = study.read(frozen)
    is_scored = trial.state == "complete" or (trial.state == "running" and trial.score is not None)
    if trial.is_repeat or not is_scored:
        return
    missing = sorted(study.spec.space.parameters.keys() - frozen.params)
    if trial.architecture is None or missing:
        raise ValueError(f"it lacks {', '.join(missing) or 'its network'}")


def _failed(logs: list[Log]) -> FrozenTrial:
    """A trial that is to be tried again, with the network that its lines name."""
    attrs: dict[str, Any] = {"reason": DAMAGED}
    for log in logs:
        try:
            said = log.get("user_attr") or log["user_attrs"]
            network = read_part("architecture", said["architecture"], "a trial")
            attrs |= {"architecture": network.model_dump(mode="json"), UNFINISHED: True}
        except (KeyError, TypeError, ValueError):
            pass
    return create_trial(state=TrialState.FAIL, user_attrs=attrs)
