"""A study that is looked at while its driver writes to it."""

import errno
import fcntl
from pathlib import Path

import pytest
from filelock import FileLock

from modsearch.search import LocalExecutor, RunPlace, Watch, load_study, open_run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec


def run(folder: Path, trials: int) -> None:
    evaluator = TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": trials}), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()


def test_it_sees_what_is_new_and_parses_nothing_twice(tmp_path: Path) -> None:
    run(tmp_path, 3)
    watch = Watch(load_study(str(tmp_path)), tmp_path)
    before = watch.trials()
    assert watch.trials() is before
    run(tmp_path, 6)
    after = watch.trials()
    assert after == load_study(str(tmp_path)).trials()
    assert len(after) > len(before)
    assert all(new is old for new, old in zip(after, before, strict=False))


def test_a_running_trial_changes_as_it_goes_on(tmp_path: Path) -> None:
    run(tmp_path, 2)
    study = load_study(str(tmp_path))
    watch = Watch(load_study(str(tmp_path)), tmp_path)
    assert watch.ages_s() == {}
    last = study.trials()[-1]
    asked = study.optuna_study.ask()
    assert watch.trials()[-1].state == "running"
    assert set(watch.ages_s()) == {asked.number}
    assert watch.ages_s()[asked.number] >= 0
    assert last.architecture is not None
    asked.set_user_attr("architecture", last.architecture.model_dump(mode="json"))
    assert watch.trials()[-1].architecture == last.architecture
    study.tell(asked, "failed", reason="no memory")
    assert watch.trials()[-1].reason == "no memory"
    assert watch.ages_s() == {}


def test_a_half_written_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    run(tmp_path / "run", 3)
    lines = (tmp_path / "run" / "study.journal").read_bytes().splitlines(keepends=True)
    live = tmp_path / "live"
    live.mkdir()
    journal = live / "study.journal"
    journal.write_bytes(b"".join(lines[:-2]) + lines[-2][:7])
    watch = Watch(load_study(str(live)), live)
    assert watch.trials()[-1].state == "running"
    with journal.open("ab") as file:
        file.write(lines[-2][7:] + lines[-1][:-1])
    assert watch.trials()[-1].state == "running"  # the line that ends the trial still lacks its end
    with journal.open("ab") as file:
        file.write(b"\n")
    assert watch.trials()[-1].state == "complete"
    assert watch.trials() == load_study(str(tmp_path / "run")).trials()


def test_it_knows_whether_a_search_is_at_work_and_does_not_disturb_it(tmp_path: Path) -> None:
    spec, evaluator = study_spec(), TabulatedEvaluator()
    with open_run(spec, evaluator, RunPlace(tmp_path)):
        watch = Watch(load_study(str(tmp_path)), tmp_path)
        assert watch.is_driven()
        assert watch.is_driven()
    assert not watch.is_driven()
    run(tmp_path, 1)  # the lock is free


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_the_search_of_another_user_is_seen_by_a_lock_that_may_only_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests may run as root, who opens everything: what opens a lock for writing is refused here."""
    with open_run(study_spec(), TabulatedEvaluator(), RunPlace(tmp_path)), monkeypatch.context() as patch:
        patch.setattr(FileLock, "acquire", _refuse)
        patch.setattr(FileLock, "__enter__", _refuse)
        watch = Watch(load_study(str(tmp_path)), tmp_path)
        assert watch.is_driven() is True
        patch.setattr(fcntl, "flock", _refuse)
        assert watch.is_driven() is None
    monkeypatch.setattr(FileLock, "__enter__", _refuse)
    assert watch.is_driven() is False
