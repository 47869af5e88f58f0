"""The journal file: half-written ends, damage in the middle, errors of the disk, clocks that jump."""

import errno
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState

from modsearch.cli import run
from modsearch.search import LocalExecutor, RunPlace, StorageFailed, load_study, mend, open_run
from modsearch.search.store import retry
from modsearch.search.store.storage import JOURNAL, Journal, write_whole
from tests.conformance.tabulated import ENVIRONMENT, TabulatedEvaluator, accuracy, cost, study_spec

NUM_PARAMETERS = 12


def search(folder: Path, trials: int, **faults: Any) -> TabulatedEvaluator:
    evaluator = TabulatedEvaluator(**faults)
    with open_run(study_spec(budget={"trials": trials}), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()
    return evaluator


def finished(folder: Path) -> list[FrozenTrial]:
    return load_study(str(folder)).optuna_study.get_trials(states=(TrialState.COMPLETE,))


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of three networks, and of one that failed."""
    folder = tmp_path_factory.mktemp("run")
    search(folder, 3, fault="exception", fault_at=(2,))
    return (folder / JOURNAL).read_bytes()


def complete(folder: Path) -> dict[str, tuple[float, ...]]:
    """What a search must never lose: the values of each trained network."""
    study = load_study(str(folder))
    trials = [each for each in study.trials() if each.state == "complete"]
    return {
        each.architecture.id: each.score.values(study.spec.objectives)
        for each in trials
        if each.architecture and each.score
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


def scribble(line: bytes) -> bytes:
    return line[: len(line) // 2] + b"#" + line[len(line) // 2 + 1 :] + b"}"


def zeros(line: bytes) -> bytes:
    return bytes(len(line))


def cut_short(line: bytes) -> bytes:
    return line[: len(line) // 2]


SPOILS: tuple[Callable[[bytes], bytes], ...] = (scribble, zeros, cut_short)


def test_every_line_may_be_damaged(content: bytes, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / JOURNAL).write_bytes(content)
    wanted = complete(whole)
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        folder = tmp_path / f"run {number}"  # which a shell would take for two words
        folder.mkdir()
        spoiled = SPOILS[number // 2 % 3](line)
        damaged = b"\n".join([*lines[: number - 1], spoiled, *lines[number:], b""])
        (folder / JOURNAL).write_bytes(damaged)
        with pytest.raises(
            ValueError, match=f"cannot be read: line {number} is damaged. To mend it: modsearch doctor '{folder}'$"
        ):
            search(folder, 3)
        findings = mend(str(folder))
        if b"directions" in line or b'"modsearch"' in line:
            assert [each.outcome for each in findings] == ["left"]
            assert (folder / JOURNAL).read_bytes() == damaged
            continue
        assert complete(folder) == wanted
        assert all(len(each.params) == NUM_PARAMETERS for each in finished(folder))
        assert (folder / f"{JOURNAL}.damaged-1").read_bytes() == spoiled + b"\n"
        assert (folder / f"{JOURNAL}.before-1").read_bytes() == damaged
        assert f"line {number} of the journal: damaged, moved to" in " ".join(each.text for each in findings)
        assert all("is missing" in each.text for each in mend(str(folder)))  # there are no weights here
        assert len(search(folder, 4).trained) == 1
        assert wanted.items() <= complete(folder).items()


def test_what_stays_lost_is_said(content: bytes, tmp_path: Path) -> None:
    """Of the first trial: its network with one of its parameters; of the last one: both scores."""
    lines = content.splitlines()
    places = [
        index
        for index, line in enumerate(lines)
        if b'"trial_id":0' in line and (b'"c"' in line or b'"architecture"' in line)
    ]
    places += [index for index, line in enumerate(lines) if b'"trial_id":3' in line and b'"score"' in line]
    assert len(places) == 4
    for index in places:
        lines[index] = b"#"
    (tmp_path / JOURNAL).write_bytes(b"\n".join([*lines, b""]))
    told = [each.text for each in mend(str(tmp_path)) if "weights" not in each.text]
    assert told[1:3] == [
        "trial 0 stays complete, but which network it was is lost",
        "trial 3 keeps its accuracy and relative_latency; what else its score said is lost",
    ]
    trials = load_study(str(tmp_path)).trials()
    assert (trials[0].state, trials[0].architecture) == ("complete", None)
    assert trials[3].architecture is not None
    assert trials[3].score is not None
    assert trials[3].score.values(("accuracy", "relative_latency")) == (
        accuracy(trials[3].architecture),
        cost(trials[3].architecture) / 10,
    )
    assert trials[3].score.metrics["relative_latency"].environment == ENVIRONMENT
    assert run(["front", str(tmp_path), "--json"]) == 0
    assert len(search(tmp_path, 4).trained) == 2


def test_an_entry_that_was_glued_to_a_fragment_is_kept(content: bytes, tmp_path: Path) -> None:
    *lines, last = content.splitlines(keepends=True)
    (tmp_path / JOURNAL).write_bytes(b"".join(lines) + last[:40] + last)
    mend(str(tmp_path))
    assert (tmp_path / JOURNAL).read_bytes() == content
    assert (tmp_path / f"{JOURNAL}.damaged-1").read_bytes() == last[:40] + b"\n"


def test_a_lost_stretch_of_the_journal_takes_only_what_it_held(content: bytes, tmp_path: Path) -> None:
    """Three lines, the creation of a trial among them, have become one of zeros: later trials keep their entries."""
    lines = content.splitlines()
    creation = next(index for index, line in enumerate(lines[4:], 4) if line.startswith(b'{"op_code":4'))
    for before in range(3):
        folder = tmp_path / str(before)
        folder.mkdir()
        first = creation - before
        (folder / JOURNAL).write_bytes(b"\n".join([*lines[:first], bytes(400), *lines[first + 3 :], b""]))
        mend(str(folder))
        assert len(complete(folder)) == 3
        assert len(search(folder, 4).trained) == 1


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
    monkeypatch.setattr("modsearch.search.store.storage.os.fsync", fsync)
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
    assert all(each.seconds >= 0 for each in load_study(str(tmp_path)).trials())
