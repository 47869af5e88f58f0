"""Claims of several drivers on one study, in an SQLite file: who has which network, who is dead, who was only slow."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from modsearch.record import Trial
from modsearch.search import Listener, RunPlace, Study, load_study, mend, open_run, weights_path
from modsearch.search.execute.assignment import Assignment, Outcome, measure, train
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.search_source import SearchSource
from modsearch.search.store import claim_table
from modsearch.search.store.claim_table import ClaimTable
from modsearch.search.store.shared_study import SharedStudy
from tests.conformance.tabulated import NUM_SMALL, SMALL_SPACE, TabulatedEvaluator, study_spec

DIED = "the search that ran it died"


class Fleet:
    """Drivers in this process, each with a folder; their signs of life are given where a test says so."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.url = f"sqlite:///{folder}/studies.db"

    def open(self, name: str, **overrides: object) -> Study:
        place = RunPlace(self.folder / name, self.url)
        return self.stack.enter_context(open_run(study_spec(**overrides), TabulatedEvaluator(), place))

    def loop(self, name: str, listener: Listener | None = None, **overrides: object) -> Loop:
        return Loop(self.open(name, **overrides), self.folder / name, listener or Listener())

    def trials(self) -> list[Trial]:
        return load_study(f"{self.url}#table").trials()


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setattr(claim_table, "MAX_SILENT_LOOKS", 3)
    monkeypatch.setattr(ClaimTable, "alive", lambda self: ExitStack())
    monkeypatch.setattr("modsearch.search.execute.loop._LOOK_S", 0.01)
    with ExitStack() as stack:
        yield Fleet(tmp_path, stack)


def claims(loop: Loop) -> ClaimTable:
    assert isinstance(loop.study, SharedStudy)
    return loop.study.claims


def bury(observer: Loop) -> None:
    """Let so many looks go by without a sign of life of the others that they are dead."""
    for _ in range(claim_table.MAX_SILENT_LOOKS + 1):
        claims(observer).beat()


def next_work(loop: Loop) -> Assignment:
    work = loop.next()
    assert work is not None
    return work


def score(loop: Loop, work: Assignment) -> Outcome:
    spec, evaluator = loop.study.spec, TabulatedEvaluator()
    measured = measure(work, spec, evaluator)
    loop.measured(measured)
    return train(work, measured, spec, evaluator, lambda *_: None)


def complete_ids(fleet: Fleet) -> list[str]:
    found = [trial for trial in fleet.trials() if trial.state == "complete" and not trial.is_repeat]
    return [trial.architecture.id for trial in found if trial.architecture]


def test_a_network_has_one_driver(fleet: Fleet) -> None:
    first, second = claims(fleet.loop("a")), claims(fleet.loop("b"))
    assert first.reserve(None, set)
    assert second.reserve(None, set)
    assert first.take("network", 0)
    assert first.take("network", 0)  # asked again, as after an answer that was lost
    assert not second.take("network", 1)
    assert second.others == {"network": 0}
    assert second.take("other", 1)
    first.release("other")  # not ours
    assert not first.take("other", 0)
    first.release("network")
    assert second.take("network", 2)


def test_the_budget_is_one_for_all_drivers(fleet: Fleet) -> None:
    first, second = claims(fleet.loop("a")), claims(fleet.loop("b"))
    judged = {"one", "two"}
    assert first.reserve(4, lambda: judged)
    assert first.take("three", 3)
    assert second.reserve(4, lambda: judged)
    assert second.reserve(4, lambda: judged)  # the same place
    assert not first.reserve(4, lambda: judged)
    judged.add("three")  # told, and not let go of yet: it counts once
    second.release()
    assert first.reserve(4, lambda: judged)


def test_drivers_that_start_together_do_not_draw_alike(fleet: Fleet) -> None:
    first, second = fleet.loop("a"), fleet.loop("b")
    assert claims(first).salt == 0  # a driver alone proposes what it would with a journal
    assert claims(second).salt != 0
    assert next_work(first).task.architecture != next_work(second).task.architecture


def test_an_only_driver_asks_nobody(tmp_path: Path) -> None:
    with open_run(study_spec(), TabulatedEvaluator(), RunPlace(tmp_path)) as alone:
        assert not alone.is_shared
        assert alone.reserve(0, set)
        assert alone.claim("network", 0)
        assert alone.is_leader()
        assert not alone.others_work()


def test_one_of_the_living_drivers_leads(fleet: Fleet) -> None:
    first, second = fleet.loop("a"), fleet.loop("b")
    leaders = [loop.study.is_leader() for loop in (first, second)]
    assert sorted(leaders) == [False, True]
    led = second if leaders[0] else first
    bury(led)
    assert led.study.is_leader()


@pytest.mark.slow
def test_drivers_see_what_others_found(fleet: Fleet) -> None:
    heard: list[Trial] = []
    ear = Listener()
    ear.on_end = heard.append  # type: ignore[method-assign]
    first, second = fleet.loop("a", budget={"trials": 3}), fleet.loop("b", ear, budget={"trials": 3})
    for _ in range(2):
        work = next_work(first)
        first.end(score(first, work))
    work = next_work(second)
    assert [trial.number for trial in heard] == [trial.number for trial in fleet.trials() if trial.state == "complete"]
    assert first.next() is None if first._out else True
    second.end(score(second, work))
    assert (first.next(), first.ending, second.next(), second.ending) == (None, "trials", None, "trials")
    assert len(set(complete_ids(fleet))) == 3
    folders = load_study(f"{fleet.url}#table").folders()
    assert [folders[trial.number].name for trial in fleet.trials() if trial.state == "complete"] == ["a", "a", "b"]
    assert weights_path(folders[work.number], work.task).is_file()


@pytest.mark.slow
def test_what_a_dead_driver_had_is_tried_again_after_its_signs_of_life_are_gone(fleet: Fleet) -> None:
    spec = {"space": SMALL_SPACE, "budget": {"trials": 20}}
    dead, other = fleet.loop("dead", **spec), fleet.loop("other", **spec)
    left = next_work(dead)
    while len(complete_ids(fleet)) < NUM_SMALL - 1:
        work = next_work(other)
        assert work.task.architecture != left.task.architecture
        other.end(score(other, work))
    for _ in range(claim_table.MAX_SILENT_LOOKS):
        claims(other).beat()
        claims(dead).beat()  # it lives
    other.study.end_dead()
    assert fleet.trials()[left.number].state == "running"
    bury(other)
    again = next_work(other)
    assert again.task.architecture == left.task.architecture
    assert (fleet.trials()[left.number].state, fleet.trials()[left.number].reason) == ("failed", DIED)
    other.end(score(other, again))
    assert (other.next(), other.ending) == (None, "exhausted")
    assert sorted(complete_ids(fleet)) == sorted(set(complete_ids(fleet)))


@pytest.mark.slow
def test_the_next_driver_of_a_folder_takes_over_at_once(fleet: Fleet) -> None:
    with ExitStack() as stack:
        left = next_work(Fleet(fleet.folder, stack).loop("a"))
    other = fleet.loop("b")
    assert next_work(other).task.architecture != left.task.architecture
    assert fleet.trials()[left.number].state == "running"  # as far as others know
    assert next_work(fleet.loop("a")).task.architecture == left.task.architecture
    assert fleet.trials()[left.number].state == "failed"


@pytest.mark.slow
def test_a_slow_driver_that_finishes_first_keeps_its_result(fleet: Fleet) -> None:
    slow, other = fleet.loop("slow"), fleet.loop("other")
    work = next_work(slow)
    outcome = score(slow, work)
    bury(other)
    again = next_work(other)
    assert again.task.architecture == work.task.architecture  # it cannot know better
    slow.end(outcome)
    other.end(score(other, again))
    assert complete_ids(fleet) == [work.task.architecture.id]
    trials = fleet.trials()
    assert trials[work.number].state == "failed"
    assert trials[again.number].score == outcome.score
    assert load_study(f"{fleet.url}#table").folders()[again.number].name == "slow"
    assert next_work(slow).task.architecture != next_work(other).task.architecture


@pytest.mark.slow
def test_two_drivers_that_finish_a_network_at_once_tell_it_once(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, other = fleet.loop("slow"), fleet.loop("other")
    work = next_work(slow)
    bury(other)
    again = next_work(other)
    outcomes = score(slow, work), score(other, again)
    looked, catch_up = [slow], SearchSource._catch_up

    def catch_up_and_let_the_other_end(source: SearchSource) -> None:
        catch_up(source)
        if looked:
            looked.pop().end(outcomes[0])  # after the look, before what is told

    monkeypatch.setattr(SearchSource, "_catch_up", catch_up_and_let_the_other_end)
    other.end(outcomes[1])
    assert complete_ids(fleet) == [work.task.architecture.id]
    assert not claims(other).claimed()


def test_a_slow_driver_that_finishes_last_tells_a_repeat(fleet: Fleet) -> None:
    slow, other = fleet.loop("slow"), fleet.loop("other")
    work = next_work(slow)
    bury(other)
    again = next_work(other)
    other.end(score(other, again))
    slow.end(score(slow, work))
    assert complete_ids(fleet) == [work.task.architecture.id]
    assert fleet.trials()[again.number].state == "complete"


def test_a_slow_driver_whose_network_nobody_took_keeps_its_result(fleet: Fleet) -> None:
    slow, other = fleet.loop("slow"), fleet.loop("other")
    work = next_work(slow)
    bury(other)
    other.study.end_dead()
    slow.end(score(slow, work))
    assert complete_ids(fleet) == [work.task.architecture.id]
    assert next_work(other).task.architecture != work.task.architecture


def test_an_interrupt_ends_only_ones_own_trials(fleet: Fleet) -> None:
    first, second = fleet.loop("a"), fleet.loop("b")
    mine, other = next_work(first), next_work(second)
    first.study.end_running("interrupted")
    assert fleet.trials()[mine.number].state == "failed"
    assert fleet.trials()[other.number].state == "running"
    assert next_work(second).task.architecture == mine.task.architecture


def test_the_doctor_leaves_living_drivers_alone(fleet: Fleet) -> None:
    with ExitStack() as stack:
        Fleet(fleet.folder, stack).open("a")
    work = next_work(fleet.loop("b"))
    assert not [finding for finding in mend(f"{fleet.url}#table") if "running" in finding.text]
    assert fleet.trials()[work.number].state == "running"


def test_a_driver_that_was_struck_off_does_not_bury_itself(fleet: Fleet) -> None:
    slow, other = fleet.loop("slow"), fleet.loop("other")
    work = next_work(slow)
    bury(other)
    slow.study.end_dead()
    assert fleet.trials()[work.number].state == "running"
    claims(slow).beat()
    other.study.end_dead()
    assert fleet.trials()[work.number].state == "running"  # it is back before anybody had ended what it has
