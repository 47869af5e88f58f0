"""Whether others want the processors, as Linux tells it, and the idle team that is held while they do."""

import threading
from pathlib import Path
from typing import ClassVar

import pytest

from modsearch.machine import contention
from modsearch.machine.contention import Contention, Courtesy, giving_way


class Clock:
    """A clock that is set."""

    now_s = 10.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(contention, "_TASKS", tmp_path)
    monkeypatch.setattr(contention, "time", clock := Clock())
    return clock


def waits(folder: Path, **threads_s: float) -> None:
    for name, waited_s in threads_s.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "schedstat").write_text(f"7000000 {round(waited_s * 1e9)} 3\n")


def test_waiting_is_added_up_over_threads(clock: Clock, tmp_path: Path) -> None:
    waits(tmp_path, a=1.0, b=2.0)
    found = Contention()
    waits(tmp_path, a=1.5, b=2.5, new=0.2)
    clock.now_s += 2
    assert found.share() == pytest.approx((0.5 + 0.5 + 0.2) / 2)
    (tmp_path / "a" / "schedstat").unlink()  # a thread that has ended
    waits(tmp_path, b=2.6)
    clock.now_s += 1
    assert found.share() == pytest.approx(0.1)


def test_where_the_kernel_does_not_tell_nothing_is_known(clock: Clock) -> None:
    found = Contention()
    clock.now_s += 2
    assert found.share() is None


def test_this_machine_tells_of_this_process() -> None:
    """Linux does; elsewhere nothing is known."""
    found = Contention()
    threading.Event().wait(0.01)
    share = found.share()
    assert share is None or share >= 0


class Team:
    """In place of the idle team of OpenMP threads."""

    held: ClassVar[list["Team"]] = []

    def __init__(self) -> None:
        self.ended = threading.Event()

    def start(self) -> None:
        self.held.append(self)


@pytest.mark.parametrize(
    ("shares", "teams"),
    [
        ([0.01, 0.05, 0.09], []),
        ([None, None], []),
        ([0.2, 0.3, 0.05], [False]),  # one team, still held
        ([0.2, 0.05, 0.01, 0.05], [True]),
        ([0.2, 0.01, 0.5], [True, False]),
    ],
)
def test_a_team_is_held_while_the_machine_is_busy(
    shares: list[float | None], teams: list[bool], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(shares)
    monkeypatch.setattr(Contention, "share", lambda _: next(answers))
    monkeypatch.setattr(contention, "_IdleTeam", Team)
    monkeypatch.setattr(Team, "held", [])
    with Courtesy() as courtesy:
        for _ in shares:
            courtesy.look()  # too early: this asks nobody
            clock.now_s += 0.5
            courtesy.look()
        assert [team.ended.is_set() for team in Team.held] == teams
    assert all(team.ended.is_set() for team in Team.held)


def test_while_a_body_runs_somebody_looks_and_at_its_end_no_team_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(Contention, "share", lambda _: 0.5)
    monkeypatch.setattr(contention, "_IdleTeam", Team)
    monkeypatch.setattr(contention, "_INTERVAL_S", 0.001)
    monkeypatch.setattr(Team, "held", [])
    monkeypatch.setattr(Team, "start", lambda self: (Team.held.append(self), held.set()))
    with giving_way():
        assert held.wait(30)
    assert [team.ended.is_set() for team in Team.held] == [True]


def test_the_idle_team_is_of_the_library_that_torch_computes_with_and_goes_again() -> None:
    before = threading.active_count()
    team = contention._IdleTeam()
    team.start()
    team.ended.set()
    team.join(30)
    assert not team.is_alive()
    assert threading.active_count() == before
