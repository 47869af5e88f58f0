"""Salvage: a fresh journal, through Optuna's public calls, of every trial whose lines in a damaged one are whole."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from modsearch.message import parse
from modsearch.record import Trial
from modsearch.search.store.header import HEADER, Header, read_header
from modsearch.search.store.journal import Log, MemoryJournal, entry_line, read_lines
from modsearch.search.store.study import DAMAGED, UNFINISHED, Study, create_study
from modsearch.search.store.validation import read_part
from modsearch.search.store.version import NewerVersion

_NUMBER = "number"
"""The user attribute by which a trial that is one line is told from others: Optuna numbers trials as they begin."""
_BEGIN_TRIAL = 4  # as Optuna numbers what happens
_MISFIT = "its lines do not fit together"
_MIN_BEGINNING_BYTES = 80  # of the line that begins a trial


@dataclass
class Salvage:
    """What can be read of a journal.

    Attributes:
        header: the last one that is whole; None where there is none.
        content: of the fresh journal.
        unread: the numbers of the lines that cannot be read, or not all of them.
        lost: the numbers of the trials that are not whole any more, with the reason.
    """

    header: Header | None = None
    content: bytes = b""
    unread: list[int] = field(default_factory=list)
    lost: dict[int, str] = field(default_factory=dict)


def salvage(content: bytes) -> Salvage:
    """A fresh journal from what stands in another one.

    Each trial keeps its number. One whose own lines are not whole has failed from now on, and is named; where its
    network is known, a search tries that again.

    Raises:
        NewerVersion: a newer modsearch wrote it.
    """
    found = _Lines(content)
    result = Salvage(found.header, unread=found.unread)
    if found.header is None:
        return result
    memory = MemoryJournal()
    study = create_study(JournalStorage(memory), found.header)
    empty = list(memory.logs)
    for name, stored in found.attrs.items():
        study.optuna_study.set_user_attr(name, stored)
    for number, logs in enumerate(found.trials):
        try:
            _enter(_replayed([*empty, *logs]), number, study)
        except NewerVersion:
            raise
        except ValueError as error:
            result.lost[number] = str(error)
            _enter(_failed(logs), number, study)
    result.content = b"".join(map(entry_line, memory.logs))
    return result


class _Lines:
    """The lines of a journal, sorted by what they are about.

    Attributes:
        header: the last one that is whole.
        attrs: what else is said of the study.
        trials: the lines of each trial, as if it were the first; none of one whose beginning was lost with all else.
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
                self._sort(log | {"study_id": 0} if "study_id" in log else log)
            except NewerVersion:
                raise
            except (ValueError, TypeError, KeyError, AttributeError):
                self.unread += [number] if number not in self.unread else []
                self._num_lost_bytes += len(line)

    def _sort(self, log: Log) -> None:
        if log["op_code"] == _BEGIN_TRIAL:
            number = log.get("user_attrs", {}).get(_NUMBER, len(self.trials))
            self._make_room(number)
            self.trials[number] = [log]
        elif "trial_id" not in log:
            for name, stored in log.get("user_attr", {}).items():
                if name == HEADER:
                    self.header = read_header(stored, "the study")
                else:
                    self.attrs[name] = stored
        else:
            self._make_room(log["trial_id"])
            logs = self.trials[log["trial_id"]]
            logs += [] if logs else [{"op_code": _BEGIN_TRIAL, "worker_id": "", "study_id": 0, "datetime_start": None}]
            logs.append(log | {"trial_id": 0})

    def _make_room(self, number: int) -> None:
        """Count the trials whose beginning was lost, but for more than the lost lines can have begun."""
        num_more = number + 1 - len(self.trials)
        if number < 0 or num_more > 1 + len(self.unread) + self._num_lost_bytes // _MIN_BEGINNING_BYTES:
            raise ValueError(f"no trial {number} was begun")
        self.trials += ([] for _ in range(num_more))


def _replayed(logs: list[Log]) -> FrozenTrial:
    """The trial that Optuna makes of these lines; ValueError where it makes none."""
    try:
        storage = JournalStorage(MemoryJournal(logs))
        (name,) = optuna.get_all_study_names(storage)
        (frozen,) = optuna.load_study(study_name=name, storage=storage).get_trials(deepcopy=False)
    except Exception:  # it trips over a broken line in many ways
        raise ValueError(_MISFIT) from None
    frozen.intermediate_values = {}  # we have none
    if frozen.state != TrialState.WAITING:
        frozen.datetime_start = frozen.datetime_start or frozen.datetime_complete or datetime.now()
    return frozen


def _enter(frozen: FrozenTrial, number: int, study: Study) -> None:
    """Enter a trial; ValueError where it lacks what it had, or says what cannot be."""
    frozen.number = number
    _check(frozen, study)
    frozen.set_user_attr(_NUMBER, number)
    try:
        study.optuna_study.add_trial(frozen)
    except ValueError:  # Optuna looks at it before it writes
        raise ValueError(_MISFIT) from None


def _check(frozen: FrozenTrial, study: Study) -> None:
    """Raise ValueError where a trial lacks what it had, or says what cannot be."""
    trial = study.read(frozen)
    is_scored = trial.state in ("complete", "pruned") or (trial.state == "running" and trial.score is not None)
    if trial.is_repeat or not is_scored:
        return
    missing = sorted(study.spec.space.parameters.keys() - frozen.params)
    missing += ["its network"] if trial.architecture is None else []
    missing += ["its score"] if trial.score is None else []
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")


def _failed(logs: list[Log]) -> FrozenTrial:
    """A trial that is to be tried again, with what its lines say of its network."""
    said: dict[str, Any] = {}
    for log in logs:
        attrs = log.get("user_attr") or log.get("user_attrs")
        said |= attrs if isinstance(attrs, dict) else {}
    kept: dict[str, Any] = {"reason": DAMAGED} | {name: said[name] for name in ("repeat_of",) if name in said}
    with suppress(KeyError, ValueError):
        network = read_part("architecture", said["architecture"], "a trial")
        kept |= {"architecture": network.model_dump(mode="json"), UNFINISHED: True}
    with suppress(KeyError, ValueError):
        kept["task"] = parse(Trial, {"number": 0, "state": "failed", "task": said["task"]}).task
    return create_trial(state=TrialState.FAIL, user_attrs=kept)
