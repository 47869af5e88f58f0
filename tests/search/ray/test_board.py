"""The board without ray: what is left of a visit, and what is told once."""

import asyncio

import pytest

from modsearch.search.ray.board import Board
from modsearch.search.ray.dispatch import Visit
from modsearch.search.work import Outcome, Work
from modsearch.search.worker_state import WorkerState
from tests.conformance.tabulated import study_spec

VISIT: Visit = [(Work(number, study_spec().reference_architecture), None) for number in range(3)]


def test_what_was_handed_in_is_told_once_and_not_fetched_again() -> None:
    board = Board()
    board.hang_up("a", VISIT)
    board.hand_in("a", Outcome(0, "complete"))
    assert asyncio.run(board.fetch("a")) == VISIT[1:]
    assert board.news().outcomes == [("a", Outcome(0, "complete"))]
    assert board.news().outcomes == []


def test_a_worker_may_be_faster_than_the_driver() -> None:
    board = Board()

    async def fetch_first() -> Visit:
        fetching = asyncio.create_task(board.fetch("a"))
        await asyncio.sleep(0.02)
        board.hang_up("a", VISIT)
        return await fetching

    assert asyncio.run(fetch_first()) == VISIT


def test_a_board_that_was_killed_takes_what_comes_before_visits_hang_again() -> None:
    board = Board()
    board.hand_in("a", Outcome(0, "complete"))
    assert board.news().outcomes == [("a", Outcome(0, "complete"))]
    assert board.news().board != Board().news().board


def test_nothing_is_left_of_a_visit_that_another_worker_had_while_this_one_started() -> None:
    board = Board()
    board.hang_up("a", VISIT)
    board.take_down("a")
    assert asyncio.run(asyncio.wait_for(board.fetch("a"), 10)) == []


def test_nothing_is_taken_for_a_visit_that_is_over() -> None:
    board = Board()
    board.hang_up("a", VISIT)
    board.take_down("a")
    board.hand_in("a", Outcome(1, "complete"))
    assert board.news().outcomes == []


def test_a_dead_worker_is_forgotten_once_another_has_its_network() -> None:
    board = Board()
    board.post("dead", WorkerState(doing="training", since=0, number=4))
    board.post("idle", WorkerState(doing="waiting", since=0))
    board.post("next", WorkerState(doing="training", since=0, number=4))
    assert board.news().workers.keys() == {"idle", "next"}


def test_a_worker_that_never_started_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    board, clock = Board(), iter([1000.0, 1050.0, 1061.0])
    monkeypatch.setattr("modsearch.search.ray.board.time.time", lambda: next(clock))
    board.post("given up", WorkerState(doing="starting", since=0))
    assert board.news().workers.keys() == {"given up"}
    assert board.news().workers == {}
