"""What the dispatch hands out, records and gives up; no ray is needed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from optuna.exceptions import StorageInternalError

from modsearch.search import Listener, RunPlace, SearchFailed, Study, open_run
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.ray.dispatch import Dispatch, Visit
from modsearch.search.execute.work import Outcome, Work, measure, train
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

EVALUATOR = TabulatedEvaluator()


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    with open_run(study_spec(budget={"trials": 6}), EVALUATOR, RunPlace(tmp_path)) as opened:
        yield opened


def dispatch(study: Study, tmp_path: Path, size: int = 1, measurer: "Bench | None" = None) -> Dispatch:
    return Dispatch(Loop(study, tmp_path, Listener()), size, measurer)


def visit_of(found: object) -> Visit:
    assert isinstance(found, list)
    return found


def score(work: Work, measured: Outcome | None) -> Outcome:
    spec = study_spec()
    measured = measured or measure(work, spec, EVALUATOR)
    return train(work, measured, spec, EVALUATOR, lambda *_: None)


class Bench:
    """A measurer that measures at once, unless something trains."""

    def __init__(self) -> None:
        self.num_training: list[int] = []

    def measured(self, loop: Loop, num_training: int) -> list[tuple[Work, Outcome]]:
        self.num_training.append(num_training)
        work = None if num_training else loop.next()
        return [(work, measure(work, loop.study.spec, EVALUATOR))] if work else []


def states(study: Study) -> list[str]:
    return [each.state for each in study.trials() if not each.is_repeat]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_visits_hold_as_many_networks_as_are_wanted(study: Study, tmp_path: Path, size: int) -> None:
    hub, sizes = dispatch(study, tmp_path, size), []
    while (found := hub.next(f"visit {len(sizes)}")) != "over":
        visit = visit_of(found)
        for pair in visit:
            hub.end(f"visit {len(sizes)}", score(*pair))
        sizes.append(len(visit))
    assert sizes == {1: [1] * 6, 2: [2] * 3, 4: [4, 2]}[size]
    assert hub.loop.ending == "trials"
    assert states(study) == ["complete"] * 6


def test_the_next_visit_is_found_while_others_are_out(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    hub.work_off()
    assert study.trials() == []
    visit_of(hub.next("a"))
    for _ in range(3):
        hub.work_off()
    assert len(study.trials()) == 2
    visit_of(hub.next("b"))
    assert len(study.trials()) == 2


def test_a_worker_that_is_free_does_not_wait_for_the_record(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    [pair] = visit_of(hub.next("a"))
    hub.work_off()  # finds the network of the next visit
    hub.end("a", score(*pair))
    visit_of(hub.next("b"))
    assert states(study) == ["running"] * 2
    for _ in range(3):
        hub.work_off()
    assert states(study) == ["complete", "running", "running"]


def test_the_first_visits_end_one_after_the_other(tmp_path: Path) -> None:
    with open_run(study_spec(budget={"trials": 100}), EVALUATOR, RunPlace(tmp_path)) as study:
        hub = dispatch(study, tmp_path, size=4)
        assert [len(visit_of(hub.next(f"{index}", num_slots=8))) for index in range(10)] == [
            1,
            1,
            2,
            2,
            3,
            3,
            4,
            4,
            4,
            4,
        ]


def test_the_last_visits_are_short_enough_for_every_slot(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path, size=4)
    sizes = [len(visit_of(hub.next(f"{index}", num_slots=3))) for index in range(4)]
    assert sizes == [2, 2, 1, 1]
    assert hub.next("more", num_slots=3) is None


def test_nothing_is_handed_out_while_the_last_ones_are_out(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path, size=3)
    first, second = visit_of(hub.next("a")), visit_of(hub.next("b"))
    assert hub.next("c") is None
    assert [len(hub.end("a", score(*pair))) for pair in first] == [2, 1, 0]
    assert hub.next("c") is None
    for pair in second:
        hub.end("b", score(*pair))
    assert hub.next("c") == "over"


def test_an_outcome_that_comes_twice_is_recorded_once(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    [pair] = visit_of(hub.next("a"))
    hub.end("a", score(*pair))
    hub.record_all()
    hub.end("a", score(*pair))
    hub.record_all()
    assert states(study) == ["complete"]


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


def test_a_measurer_measures_first_and_hears_what_trains(study: Study, tmp_path: Path) -> None:
    bench = Bench()
    hub = dispatch(study, tmp_path, measurer=bench)
    [(work, measured)] = visit_of(hub.next("a"))
    assert measured is not None
    assert study.trials()[work.number].score == measured.score
    assert hub.next("b") is None
    hub.end("a", score(work, measured))
    assert visit_of(hub.next("b"))
    assert bench.num_training == [0, 1, 0]


def test_a_violated_constraint_takes_no_slot(tmp_path: Path) -> None:
    bound = [{"metric": "relative_latency", "max": 0.3}]
    with open_run(study_spec(constraints=bound, budget={"trials": 1}), EVALUATOR, RunPlace(tmp_path)) as study:
        hub = dispatch(study, tmp_path, measurer=Bench())
        handed = 0
        while (found := hub.next(f"{handed}")) != "over":
            for pair in found or []:
                handed += 1
                hub.end(f"{handed - 1}", score(*pair))
        assert handed == 1
        assert states(study).count("pruned") > 0
        assert states(study).count("complete") == 1


def test_ten_failures_in_a_row_end_it(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    for index in range(10):
        [(work, _)] = visit_of(hub.next(str(index)))
        hub.end(str(index), Outcome(work.number, "failed", reason="no luck"))
    assert hub.next("more") == "over"
    assert "10 trials failed in a row, the last one with no luck" in str(hub.error)


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


def test_it_is_over_for_tune_while_other_drivers_have_the_rest(tmp_path: Path) -> None:
    """And goes on with what they leave."""
    url = f"sqlite:///{tmp_path}/studies.db"
    spec = study_spec(budget={"trials": 1})
    with (
        open_run(spec, EVALUATOR, RunPlace(tmp_path / "other", url)) as others,
        open_run(spec, EVALUATOR, RunPlace(tmp_path / "ours", url)) as ours,
    ):
        other, hub = Loop(others, tmp_path / "other", Listener()), dispatch(ours, tmp_path / "ours")
        work = other.next()
        assert work is not None
        assert hub.next("a") == "over"
        assert hub.loop.ending is None
        other.end(Outcome(work.number, "failed", reason="no luck"))
        assert hub.wait()
        [pair] = visit_of(hub.next("b"))
        hub.end("b", score(*pair))
        hub.record_all()
        assert not hub.wait()
        assert hub.loop.ending == "trials"


def test_a_network_that_is_only_measured_does_not_end_it(tmp_path: Path) -> None:
    bound = [{"metric": "relative_latency", "max": 0.3}]
    with open_run(study_spec(constraints=bound), EVALUATOR, RunPlace(tmp_path)) as study:
        hub = dispatch(study, tmp_path, measurer=Bench())
        found = hub.next("a")
        while found is None:
            found = hub.next("a")
        assert found != "over"
        assert "pruned" in states(study)


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
