"""What the dispatch hands out and records; no ray is needed."""

from pathlib import Path

from modsearch.search import Listener, RunPlace, Study, open_run
from modsearch.search.execute.assignment import Outcome
from modsearch.search.execute.loop import Loop
from tests.conformance.tabulated import study_spec
from tests.search.execute.ray.played import EVALUATOR, Bench, dispatch, handed_out, score, states


def test_each_network_goes_out_once(study: Study, tmp_path: Path) -> None:
    hub, num = dispatch(study, tmp_path), 0
    while (found := hub.next(str(num))) != "over":
        hub.end(str(num), score(handed_out(found)))
        num += 1
    assert num == 6
    assert hub.loop.ending == "trials"
    assert states(study) == ["complete"] * 6


def test_the_next_network_is_found_while_others_are_out(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    hub.work_off()
    assert study.trials() == []
    handed_out(hub.next("a"))
    for _ in range(3):
        hub.work_off()
    assert len(study.trials()) == 2
    handed_out(hub.next("b"))
    assert len(study.trials()) == 2


def test_a_worker_that_is_free_does_not_wait_for_the_record(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    assignment = handed_out(hub.next("a"))
    hub.work_off()  # finds the next network
    hub.end("a", score(assignment))
    handed_out(hub.next("b"))
    assert states(study) == ["running"] * 2
    for _ in range(3):
        hub.work_off()
    assert states(study) == ["complete", "running", "running"]


def test_nothing_is_handed_out_while_the_last_ones_are_out(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    out = {str(index): handed_out(hub.next(str(index))) for index in range(6)}
    for tune_id, assignment in out.items():
        assert hub.next("more") is None
        hub.end(tune_id, score(assignment))
    assert hub.next("more") == "over"


def test_an_outcome_that_comes_twice_is_recorded_once(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    assignment = handed_out(hub.next("a"))
    hub.end("a", score(assignment))
    hub.record_all()
    hub.end("a", score(assignment))
    hub.record_all()
    assert states(study) == ["complete"]


def test_a_measurer_measures_first_and_hears_what_trains(study: Study, tmp_path: Path) -> None:
    bench = Bench()
    hub = dispatch(study, tmp_path, measurer=bench)
    assignment = handed_out(hub.next("a"))
    assert assignment.measured is not None
    assert study.trials()[assignment.number].score == assignment.measured.score
    assert hub.next("b") is None
    hub.end("a", score(assignment))
    assert handed_out(hub.next("b"))
    assert bench.num_training == [0, 1, 0]


def test_a_violated_constraint_takes_no_slot(tmp_path: Path) -> None:
    bound = [{"metric": "relative_latency", "max": 0.3}]
    with open_run(study_spec(constraints=bound, budget={"trials": 1}), EVALUATOR, RunPlace(tmp_path)) as study:
        hub = dispatch(study, tmp_path, measurer=Bench())
        handed = 0
        while (found := hub.next(f"{handed}")) != "over":
            if found is not None:
                handed += 1
                hub.end(f"{handed - 1}", score(handed_out(found)))
        assert handed == 1
        assert states(study).count("pruned") > 0
        assert states(study).count("complete") == 1


def test_ten_failures_in_a_row_end_it(study: Study, tmp_path: Path) -> None:
    hub = dispatch(study, tmp_path)
    for index in range(10):
        assignment = handed_out(hub.next(str(index)))
        hub.end(str(index), Outcome(assignment.number, "failed", reason="no luck"))
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
        assignment = handed_out(hub.next("b"))
        hub.end("b", score(assignment))
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
