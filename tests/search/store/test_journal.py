"""The journal file: half-written ends, errors of the disk, clocks that jump."""

import errno
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modsearch.search import StorageFailed, load_study
from modsearch.search.store import retry
from modsearch.search.store.journal import Journal
from modsearch.search.store.run_folder import JOURNAL, write_whole
from tests.search.store.searched import search


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of three networks, and of one that failed."""
    folder = tmp_path_factory.mktemp("run")
    search(folder, 3, fault="exception", fault_at=(2,))
    return (folder / JOURNAL).read_bytes()


def complete(folder: Path) -> dict[str, tuple[float, ...]]:
    """What a search must never lose: the values of each trained network."""
    study = load_study(str(folder))
    trials = [trial for trial in study.trials() if trial.state == "complete"]
    return {
        trial.architecture.id: trial.score.values(study.spec.objectives)
        for trial in trials
        if trial.architecture and trial.score
    }


def test_a_last_line_cut_anywhere_is_cut_off(content: bytes, tmp_path: Path) -> None:
    """Also in the middle of a character of several bytes, which another program may write."""
    entry = json.dumps(
        {"op_code": 8, "worker_id": "Ω", "trial_id": 0, "user_attr": {"note": "größer als ∞"}}, ensure_ascii=False
    )
    journal = tmp_path / JOURNAL
    last = content.rindex(b"\n", 0, -1) + 1
    for whole, line in ((content, entry.encode()), (content[:last], content[last:-1])):
        for end in range(len(line)):
            journal.write_bytes(whole + line[: end + 1])
            assert Journal(journal).cut_fragment() == end + 1
            assert journal.read_bytes() == whole
            assert Journal(journal).cut_fragment() == 0


def test_readers_leave_a_half_written_line_alone(content: bytes, tmp_path: Path) -> None:
    journal = tmp_path / JOURNAL
    last = content.rindex(b"\n", 0, -1) + 1
    for end in range(last + 1, len(content) - 1, 7):
        journal.write_bytes(content[:end])
        assert len(complete(tmp_path)) >= 2
        assert journal.read_bytes() == content[:end]


def test_a_journal_of_nothing_but_a_fragment_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(b'{"op_code":0,"worker_id":"a')
    assert len(search(tmp_path, 2).trained) == 2


def test_a_full_disk_leaves_whole_lines(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes half of an entry, then nothing."""
    path = tmp_path / JOURNAL
    path.write_bytes(content)
    opened = Path.open

    class Full:
        def __init__(self, file: Any) -> None:
            self.file, self.is_full = file, False

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def write(self, data: bytes) -> int:
            if self.is_full:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.is_full = True
            return self.file.write(data[: len(data) // 2])  # type: ignore[no-any-return]

    monkeypatch.setattr(Path, "open", lambda self, *arguments, **options: Full(opened(self, *arguments, **options)))
    with pytest.raises(StorageFailed, match=r"study\.journal' cannot be written: the disk is full \(No space left"):
        Journal(path).append_logs([{"op_code": 8}])
    monkeypatch.undo()
    assert path.read_bytes() == content


@pytest.mark.parametrize("is_taken_back", [True, False])
def test_an_entry_stands_once_though_the_disk_failed_as_it_was_written(
    is_taken_back: bool, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write may have gone through, and what it left cannot be cut off while the disk is away."""
    path = tmp_path / JOURNAL
    path.write_bytes(content)
    errors = [OSError(errno.EIO, "Input/output error")]
    opened = Path.open

    def fsync(_: int) -> None:
        if errors:
            if not is_taken_back:
                with opened(path, "ab") as file:
                    file.write(b'{"half":')
            raise errors.pop()

    monkeypatch.setattr(retry, "PAUSES_S", (0.001,))
    monkeypatch.setattr("modsearch.search.store.journal.os.fsync", fsync)
    Journal(path).append_logs([{"op_code": 8, "state": 1}])
    assert path.read_bytes() == content + b'{"op_code":8,"state":1}\n'


USES: dict[str, Callable[[Journal], object]] = {
    "append": lambda journal: journal.append_logs([{"op_code": 8}]),
    "read": lambda journal: journal.read_logs(0),
    "weights": lambda journal: write_whole(journal.path.parent / "weights" / "a.safetensors", b"new"),
}


@pytest.mark.parametrize("use", USES)
def test_nothing_is_begun_in_place_of_a_folder_that_is_away(
    use: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / JOURNAL).write_bytes(content)
    journal = Journal(folder / JOURNAL)
    folder.rename(tmp_path / "away")
    monkeypatch.setattr(retry, "RETRY_S", 0.01)
    with pytest.raises(StorageFailed, match=r"cannot be written: No such file or directory\. Nothing that finished"):
        USES[use](journal)
    assert not folder.exists()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "weights" / "a.safetensors"
    write_whole(path, b"old")
    (tmp_path / "weights" / "a.safetensors.part").mkdir()
    with pytest.raises(StorageFailed, match=r"a\.safetensors' cannot be written: Is a directory\. Nothing"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_clocks_may_jump_back(content: bytes, tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(re.sub(rb'"datetime_complete":"2\d{3}', b'"datetime_complete":"1999', content))
    for frozen in load_study(str(tmp_path)).optuna_study.get_trials():
        assert frozen.duration is not None
        assert frozen.duration.total_seconds() < 0
    assert len(complete(tmp_path)) == 3
    assert len(search(tmp_path, 5).trained) == 2
    assert all(trial.seconds >= 0 for trial in load_study(str(tmp_path)).trials())
