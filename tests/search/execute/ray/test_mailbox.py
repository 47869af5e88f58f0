"""The mailbox without ray: what is left of a visit, and what is told once."""

import asyncio

import pytest

from modsearch.search.execute.ray.dispatch import Visit
from modsearch.search.execute.ray.mailbox import Mailbox
from modsearch.search.execute.work import Outcome, Work
from modsearch.search.store.worker_state import WorkerState
from tests.conformance.tabulated import study_spec

VISIT: Visit = [(Work(number, study_spec().reference_architecture), None) for number in range(3)]


def test_what_was_handed_in_is_told_once_and_not_fetched_again() -> None:
    mailbox = Mailbox()
    mailbox.put("a", VISIT)
    mailbox.hand_in("a", Outcome(0, "complete"))
    assert asyncio.run(mailbox.fetch("a")) == VISIT[1:]
    assert mailbox.news().outcomes == [("a", Outcome(0, "complete"))]
    assert mailbox.news().outcomes == []


def test_a_worker_may_be_faster_than_the_driver() -> None:
    mailbox = Mailbox()

    async def fetch_first() -> Visit:
        fetching = asyncio.create_task(mailbox.fetch("a"))
        await asyncio.sleep(0.02)
        mailbox.put("a", VISIT)
        return await fetching

    assert asyncio.run(fetch_first()) == VISIT


def test_a_mailbox_that_was_killed_takes_what_comes_before_visits_lie_there_again() -> None:
    mailbox = Mailbox()
    mailbox.hand_in("a", Outcome(0, "complete"))
    assert mailbox.news().outcomes == [("a", Outcome(0, "complete"))]
    assert mailbox.news().mailbox != Mailbox().news().mailbox


def test_nothing_is_left_of_a_visit_that_another_worker_had_while_this_one_started() -> None:
    mailbox = Mailbox()
    mailbox.put("a", VISIT)
    mailbox.take_out("a")
    assert asyncio.run(asyncio.wait_for(mailbox.fetch("a"), 10)) == []


def test_nothing_is_taken_for_a_visit_that_is_over() -> None:
    mailbox = Mailbox()
    mailbox.put("a", VISIT)
    mailbox.take_out("a")
    mailbox.hand_in("a", Outcome(1, "complete"))
    assert mailbox.news().outcomes == []


def test_a_dead_worker_is_forgotten_once_another_has_its_network() -> None:
    mailbox = Mailbox()
    mailbox.post("dead", WorkerState(doing="training", since=0, number=4))
    mailbox.post("idle", WorkerState(doing="waiting", since=0))
    mailbox.post("next", WorkerState(doing="training", since=0, number=4))
    assert mailbox.news().workers.keys() == {"idle", "next"}


def test_a_worker_that_never_started_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, clock = Mailbox(), iter([1000.0, 1050.0, 1061.0])
    monkeypatch.setattr("modsearch.search.execute.ray.mailbox.time.time", lambda: next(clock))
    mailbox.post("given up", WorkerState(doing="starting", since=0))
    assert mailbox.news().workers.keys() == {"given up"}
    assert mailbox.news().workers == {}
