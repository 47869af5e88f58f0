"""What the dispatch does about deaths, failures and a record that is gone; no ray is needed."""

from pathlib import Path

import pytest
from optuna.exceptions import StorageInternalError

from modsearch.search import SearchFailed, Study
from modsearch.search.execute.assignment import Outcome
from tests.search.execute.ray.played import dispatch, handed_out, score, states


@pytest.mark.parametrize("reports", [("restarted", "lose"), ("lose", "restarted"), ("lose", "lose")])
def test_a_network_fails_when_its_workers_died_too_often(
    reports: tuple[str, ...], study: Study, tmp_path: Path
) -> None:
    """Twice is not: Ray Tune gives a network up too where it hears twice of one death."""
    hub = dispatch(study, tmp_path)
    hub.max_failures = 2
    first = handed_out(hub.next("0"))
    for index, report in enumerate(reports):
        getattr(hub, report)(str(index), "a worker died: the node is gone")
        if report == "lose":
            assert hub.next(str(index + 1)) == first
        else:
            hub._out[str(index + 1)] = hub._out.pop(str(index))
    assert states(study) == ["running"]
    hub.lose(str(len(reports)), "a worker died: the node is gone")
    assert [trial.state for trial in study.trials()] == ["failed"]
    assert study.trials()[first.number].reason == "a worker died: the node is gone"
    assert hub.lost == {"a worker died: the node is gone": 3}
    assert handed_out(hub.next("more")).task != first.task


@pytest.mark.parametrize("method", ["poll", "end"])
def test_what_the_record_raises_ends_the_search_and_is_kept(
    method: str, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageInternalError("the database is gone")

    hub = dispatch(study, tmp_path)
    assignment = handed_out(hub.next("a"))
    monkeypatch.setattr(hub.loop, method, fail)
    hub.next("b")
    hub.end("a", score(assignment))
    hub.record_all()
    assert isinstance(hub.error, StorageInternalError)
    assert hub.next("c") == "over"
    assert not hub.wait()


def test_a_database_that_is_gone_is_waited_for_once(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    def fail(outcome: Outcome) -> None:
        ended.append(outcome.number)
        raise StorageInternalError("the database is gone")

    hub = dispatch(study, tmp_path)
    out = {str(index): handed_out(hub.next(str(index))) for index in range(3)}
    for tune_id, assignment in out.items():
        hub.end(tune_id, score(assignment))
    monkeypatch.setattr(hub.loop, "end", fail)
    hub.record_all()
    assert ended == [0]
    assert not hub.has_storage


def test_a_death_between_two_networks_is_counted_once(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    hub.max_failures = 1
    assignment = handed_out(hub.next("a"))
    hub.restarted("a", "a worker died")
    hub.lose("a", "a worker died")  # of the same step
    assert hub.lost == {"a worker died": 1}
    assert hub.next("b") == assignment
    hub.begin_step()
    hub.restarted("b", "a worker died")
    hub.begin_step()
    hub.lose("b", "a worker died")
    assert hub.lost == {"a worker died": 3}
    assert states(study) == ["failed"]


@pytest.mark.parametrize("report", ["restarted", "lose"])
def test_a_worker_that_cannot_start_ends_the_search_and_fails_no_network(
    report: str, study: Study, tmp_path: Path
) -> None:
    hub = dispatch(study, tmp_path)
    handed_out(hub.next("a"))
    getattr(hub, report)("a", "a worker failed: ImportError: x", "No worker can start on here: ImportError: x")
    assert hub.next("b") == "over"
    assert states(study) == ["running"]
    assert hub.lost == {}
    with pytest.raises(SearchFailed, match=r"^No worker can start on here: ImportError: x\. No network is recorded"):
        raise hub.error or AssertionError


def test_what_a_worker_found_out_about_every_network_ends_the_search(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    handed_out(hub.next("a"))
    hub.fail("No network can be trained.")
    assert hub.next("b") == "over"
    with pytest.raises(SearchFailed, match=r"^No network can be trained\.$"):
        raise hub.error or AssertionError
