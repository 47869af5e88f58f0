"""What the dispatch hands out and records; no ray is needed."""

from pathlib import Path

import pytest

from modsearch.search import Listener, RunPlace, Study, open_run
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.work import Outcome
from tests.conformance.tabulated import study_spec
from tests.search.execute.ray.visits import EVALUATOR, Bench, dispatch, score, states, visit_of


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
