"""Damage of a journal: lines that Optuna or modsearch cannot read, and the journal without them."""

import json
from dataclasses import dataclass, field
from typing import Any

from optuna.storages.journal._storage import JournalOperation, JournalStorageReplayResult

from modsearch.search.store.validation import NOTES, PARTS, check_note, read_part
from modsearch.search.store.version import up_to_date

_ENTRY = b'{"op_code":'
_MIN_CREATION_BYTES = 100

Entry = dict[str, Any]


@dataclass
class Damage:
    """A journal without its damaged lines.

    Attributes:
        lines: the lines that are kept, without their ends.
        removed: what is left out, by line number, counted from 1.
        record: what Optuna makes of ``lines``.
    """

    lines: list[bytes] = field(default_factory=list)
    removed: dict[int, bytes] = field(default_factory=dict)
    record: JournalStorageReplayResult = field(default_factory=lambda: JournalStorageReplayResult(""))
    _gap: int = 0

    def keep(self, line: bytes) -> bool:
        """Keep a line, unless it cannot be read.

        Raises:
            ValueError: a newer modsearch wrote it.
        """
        try:
            entry = json.loads(line)
        except ValueError:
            return False
        if not _is_sound(entry):
            return False
        try:
            self._create_lost_trials(entry)
            self.record.apply_logs([entry])
        except Exception:  # Optuna trips over a broken line in many ways
            return False
        self.lines.append(line)
        return True

    def remove(self, number: int, line: bytes) -> None:
        """Leave out a line, or the damaged beginning of one."""
        self.removed[number] = line
        self._gap = len(self.lines)

    def _create_lost_trials(self, entry: Entry) -> None:
        """Create the trials that damage took and ``entry`` counts on: Optuna numbers trials as they are created."""
        num_lost = entry.get("trial_id", -1) + 1 - len(self.record._trials)
        if num_lost <= sum(1 + len(each) // _MIN_CREATION_BYTES for each in self.removed.values()):
            for _ in range(num_lost):
                creation = entry_line(JournalOperation.CREATE_TRIAL, study_id=0, datetime_start=None)
                self.lines.insert(self._gap, creation)
                self.record.apply_logs([json.loads(creation)])


def _is_sound(entry: object) -> bool:
    """Whether modsearch reads what an entry says of a trial, if it says something."""
    if not (isinstance(entry, dict) and "trial_id" in entry and isinstance(entry.get("user_attr"), dict)):
        return True
    path, attrs = f"trial {entry['trial_id']}", entry["user_attr"]
    current = {name: up_to_date(PARTS[name], attrs[name], f"{path}.{name}") for name in PARTS if name in attrs}
    try:
        for name, stored in current.items():
            read_part(name, stored, path)
        for name in attrs.keys() & NOTES:
            check_note(name, attrs[name], path)
    except ValueError:
        return False
    return True


def entry_line(operation: JournalOperation, **fields: object) -> bytes:
    """A line of a journal that the doctor writes."""
    return json.dumps({"op_code": operation, "worker_id": "doctor", **fields}, separators=(",", ":")).encode()


def find_damage(content: bytes) -> Damage:
    """Part the lines of a journal into those that Optuna reads and those that it does not.

    A line that begins with damage and ends with a whole entry keeps the entry: so it looks where another program wrote
    on after a half-written line.
    """
    found = Damage()
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        if found.keep(line):
            continue
        start = line.rfind(_ENTRY)
        found.remove(number, line[:start] if start > 0 else line)
        if start > 0 and not found.keep(line[start:]):
            found.remove(number, line)
    return found
