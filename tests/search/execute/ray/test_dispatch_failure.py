"""What the dispatch does about deaths, failures and a record that is gone; no ray is needed."""

from pathlib import Path

import pytest
from optuna.exceptions import StorageInternalError

from modsearch.search import SearchFailed, Study
from modsearch.search.execute.work import Outcome
from tests.search.execute.ray.visits import dispatch, score, states, visit_of


def test_a_lost_visit_fails_the_network_at_hand_and_frees_the_others(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path, size=3)
    done, at_hand, later = visit_of(hub.next("a"))
    hub.end("a", score(*done))
    hub.lose("a", "a worker died: the node is gone")
    hub.record_all()
    assert [each.state for each in study.trials()] == ["complete", "failed", "running"]
    assert study.trials()[at_hand[0].number].reason == "a worker died: the node is gone"
    assert visit_of(hub.next("b"))[0] == later
    assert hub.lost == {"a worker died: the node is gone": 1}


@pytest.mark.parametrize("reports", [("restarted", "lose"), ("lose", "restarted"), ("lose", "lose")])
def test_a_network_fails_when_its_workers_died_too_often(
    reports: tuple[str, ...], study: Study, tmp_path: Path
) -> None:
    """Twice is not: Ray Tune gives a visit up too where it hears twice of one death."""
    hub = dispatch(study, tmp_path, size=2)
    hub.max_failures = 2
    first = visit_of(hub.next("0"))
    for index, report in enumerate(reports):
        getattr(hub, report)(str(index), "a worker died")
        if report == "lose":
            assert visit_of(hub.next(str(index + 1))) == first
        else:
            hub._visits[str(index + 1)] = hub._visits.pop(str(index))
    assert states(study) == ["running"] * 2
    hub.lose(str(len(reports)), "a worker died")
    assert states(study) == ["failed", "running"]
    assert hub.lost == {"a worker died": 3}
    assert visit_of(hub.next("more"))[0] == first[1]


@pytest.mark.parametrize("method", ["poll", "end"])
def test_what_the_record_raises_ends_the_search_and_is_kept(
    method: str, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageInternalError("the database is gone")

    hub = dispatch(study, tmp_path)
    [pair] = visit_of(hub.next("a"))
    monkeypatch.setattr(hub.loop, method, fail)
    hub.next("b")
    hub.end("a", score(*pair))
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

    hub = dispatch(study, tmp_path, size=3)
    visit = visit_of(hub.next("a"))
    for pair in visit:
        hub.end("a", score(*pair))
    monkeypatch.setattr(hub.loop, "end", fail)
    hub.record_all()
    assert ended == [0]
    assert not hub.has_storage


def test_what_a_visit_did_not_bring_back_goes_out_again(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path, size=3)
    lost, *others = visit_of(hub.next("a"))
    for pair in others:
        hub.end("a", score(*pair))
    hub.put_back("a")
    assert visit_of(hub.next("b"))[0] == lost
    assert hub.lost == {}


def test_a_death_between_two_visits_is_counted_once(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    hub.max_failures = 1
    visit = visit_of(hub.next("a"))
    hub.restarted("a", "a worker died")
    hub.lose("a", "a worker died")  # of the same step
    assert hub.lost == {"a worker died": 1}
    assert visit_of(hub.next("b")) == visit
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
    visit_of(hub.next("a"))
    getattr(hub, report)("a", "a worker failed: ImportError: x", "No worker can start on here: ImportError: x")
    assert hub.next("b") == "over"
    assert states(study) == ["running"]
    assert hub.lost == {}
    with pytest.raises(SearchFailed, match=r"^No worker can start on here: ImportError: x\. No network is recorded"):
        raise hub.error or AssertionError


def test_what_a_worker_found_out_about_every_network_ends_the_search(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    visit_of(hub.next("a"))
    hub.fail("No network can be trained.")
    assert hub.next("b") == "over"
    with pytest.raises(SearchFailed, match=r"^No network can be trained\.$"):
        raise hub.error or AssertionError
