"""The mailbox without ray: what lies there, and what is told once."""

import asyncio

import pytest

from modsearch.record import Task
from modsearch.search.execute.assignment import Assignment
from modsearch.search.execute.ray.mailbox import Mailbox
from modsearch.search.store.worker_state import WorkerState
from tests.conformance.tabulated import study_spec

ASSIGNMENT = Assignment(0, Task(architecture=study_spec().reference_architecture, fidelity=study_spec().fidelity))


def test_what_lies_there_may_be_fetched_again() -> None:
    mailbox = Mailbox()
    mailbox.put("a", ASSIGNMENT)
    assert [asyncio.run(mailbox.fetch("a")) for _ in range(2)] == [ASSIGNMENT] * 2


def test_a_worker_may_be_faster_than_the_driver() -> None:
    mailbox = Mailbox()

    async def fetch_first() -> Assignment | None:
        fetching = asyncio.create_task(mailbox.fetch("a"))
        await asyncio.sleep(0.02)
        mailbox.put("a", ASSIGNMENT)
        return await fetching

    assert asyncio.run(fetch_first()) == ASSIGNMENT


def test_a_mailbox_that_was_started_again_is_known_by_its_name() -> None:
    mailbox = Mailbox()
    assert mailbox.news().mailbox == mailbox.news().mailbox != Mailbox().news().mailbox


def test_nothing_is_left_of_what_another_worker_had_while_this_one_started() -> None:
    mailbox = Mailbox()
    mailbox.put("a", ASSIGNMENT)
    mailbox.take_out("a")
    assert asyncio.run(asyncio.wait_for(mailbox.fetch("a"), 10)) is None


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
