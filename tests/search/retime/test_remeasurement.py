"""What a front rests on is timed again at the end of a search: once, in its own environment, not beside others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modsearch.analysis import front_info, progress
from modsearch.architecture import Architecture
from modsearch.record import Environment, Missed, Remeasurement, Score
from modsearch.search import (
    LocalExecutor,
    RunPlace,
    Study,
    insist,
    load_study,
    mend,
    open_for_remeasurement,
    open_run,
    own_remeasurements,
    remeasure,
    reported,
)
from modsearch.space import Deployment, StudySpec
from tests.conformance.remeasured import ELSEWHERE
from tests.conformance.tabulated import ENVIRONMENT, SMALL_SPACE, TIMED, TabulatedEvaluator, cost, study_spec

SPEC = study_spec(space=SMALL_SPACE, budget={"trials": 5})
Measure = Callable[[Architecture, str, Deployment, StudySpec], Score]


def score(architecture: Architecture, value: float, half_width: float, ending: str, where: Environment) -> Score:
    table = TabulatedEvaluator(environment=where).measure(architecture)
    ends = {"value": value, "low": value * (1 - half_width), "high": value * (1 + half_width)}
    latency = table.metrics["relative_latency"].model_copy(update=ends)
    timed = TIMED.model_copy(update={"ending": ending})
    return Score(metrics=table.metrics | {"relative_latency": latency}, timed={"cpu": timed})


class BusyHour(TabulatedEvaluator):
    """Times every plain network three times as long as it takes, and knows it only within 80 %."""

    def measure(self, architecture: Architecture) -> Score:
        value = cost(architecture) / 10 * (1 if architecture.num_mod_blocks else 3)
        return score(architecture, value, 0.02 if architecture.num_mod_blocks else 0.8, "budget", self.environment)


class Timer:
    """Times a network as it is, or as badly as it is told."""

    def __init__(self, half_width: float = 0.01, ending: str = "precise", where: Environment = ENVIRONMENT) -> None:
        self.half_width, self.ending, self.where = half_width, ending, where
        self.timed: list[str] = []
        self.interrupt_at = 0

    def __call__(self, architecture: Architecture, place: str, deployment: Deployment, spec: StudySpec) -> Score:
        assert (place, deployment) == ("cpu", SPEC.deployments["cpu"])
        if self.interrupt_at and len(self.timed) == self.interrupt_at:
            raise KeyboardInterrupt
        self.timed.append(architecture.id)
        return score(architecture, cost(architecture) / 10, self.half_width, self.ending, self.where)


@contextmanager
def searched(folder: Path, spec: StudySpec = SPEC, where: Environment = ENVIRONMENT) -> Iterator[Study]:
    """The study as it stands when its search has ended, which is not begun anew."""
    evaluator = BusyHour()
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        evaluator.environment = where
        LocalExecutor(study, evaluator, folder).run()
        yield study


def plain_ids(study: Study) -> set[str]:
    networks = [trial.architecture for trial in study.trials() if trial.state == "complete" and not trial.is_repeat]
    return {network.id for network in networks if network and not network.num_mod_blocks}


def certain(study: Study) -> bool:
    return not front_info(*reported(study)).uncertain


def test_uncertain_networks_are_timed_once_and_take_their_places(tmp_path: Path) -> None:
    timer = Timer()
    with searched(tmp_path) as study:
        before = {point.id for point in front_info(*reported(study)).members}
        assert not plain_ids(study) <= before
        assert not certain(study)
        found = list(remeasure(study, timer))
        assert sorted(timer.timed) == sorted(plain_ids(study))
        assert [result.architecture_id for result in found] == timer.timed
        info = front_info(*reported(study))
        assert {point.id for point in info.members} == before | plain_ids(study)  # each block of them is worth its time
        assert certain(study)
    with searched(tmp_path) as study:  # the same command once more
        assert list(remeasure(study, timer)) == []
    seen = load_study(str(tmp_path))
    status = progress(seen.trials(), seen.spec, seen.header.hypervolume_reference, own_remeasurements(seen))
    assert set(status.front_ids) == before | plain_ids(seen)
    assert status.num_uncertain == 0
    assert status.hypervolume == front_info(*reported(seen), seen.header.hypervolume_reference).hypervolume
    assert mend(str(tmp_path)) == []


def test_an_interrupt_keeps_what_is_there_and_the_next_search_goes_on(tmp_path: Path) -> None:
    timer = Timer()
    timer.interrupt_at = 1
    with searched(tmp_path) as study, pytest.raises(KeyboardInterrupt):
        list(remeasure(study, timer))
    timer.interrupt_at = 0
    with searched(tmp_path) as study:
        list(remeasure(study, timer))
        assert sorted(timer.timed) == sorted(plain_ids(study))
        assert certain(study)


def test_on_a_busy_machine_the_first_one_ends_it(tmp_path: Path) -> None:
    timer = Timer(half_width=0.3, ending="busy")
    with searched(tmp_path) as study:
        assert len(list(remeasure(study, timer))) == 1
        assert not certain(study)


def test_no_more_time_is_spent_than_ten_timings_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now_s = 0.0

        def monotonic(self) -> float:
            self.now_s += 300
            return self.now_s

    monkeypatch.setattr("modsearch.search.retime.remeasurement.time", Clock())
    with searched(tmp_path) as study:
        assert len(plain_ids(study)) == 2
        assert len(list(remeasure(study, Timer(half_width=0.3)))) == 2  # begun at 300 s, and over at 900
    monkeypatch.setattr(Clock, "now_s", 1e6)
    short = SPEC.with_overrides({"timing": {"seconds": 30}})
    with searched(tmp_path / "short", short) as study:
        assert len(list(remeasure(study, Timer(half_width=0.3)))) == 1


def test_another_environment_does_not_compare(tmp_path: Path) -> None:
    with searched(tmp_path, where=ELSEWHERE) as study:
        assert list(remeasure(study, timer := Timer())) == []  # a probe timed this study
        assert list(insist(study, timer)) == []
        assert timer.timed == []
        assert not certain(study)
    with searched(tmp_path / "here") as study, pytest.raises(ValueError, match=r"was timed on Table A.* is Table B"):
        list(insist(study, Timer(where=ELSEWHERE)))


@pytest.mark.parametrize("does_it", [True, False])
def test_one_of_several_drivers_does_it(does_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Study, "is_leader", lambda self: does_it)
    with searched(tmp_path) as study:
        assert bool(list(remeasure(study, Timer()))) == does_it


def test_whoever_insists_times_them_again_and_the_narrower_one_stays(tmp_path: Path) -> None:
    with searched(tmp_path) as study:
        list(remeasure(study, Timer(half_width=0.2)))
        assert not certain(study)
    with open_for_remeasurement(str(tmp_path)) as study:
        assert {result.architecture_id for result in insist(study, Timer(half_width=0.4))} == plain_ids(study)
        kept = [result.score.metrics["relative_latency"].half_width for result in own_remeasurements(study)]
        assert kept == pytest.approx([0.2, 0.2])
        assert {result.architecture_id for result in insist(study, Timer())} == plain_ids(study)
        assert certain(study)
        assert list(insist(study, Timer())) == []


@pytest.mark.parametrize("error", [RuntimeError("no luck"), ValueError("no device")])
def test_what_cannot_be_timed_is_tried_once_and_ends_nothing(error: Exception, tmp_path: Path) -> None:
    def fail(*_: object) -> Score:
        raise error

    with searched(tmp_path) as study:
        found = list(remeasure(study, fail))
        assert {result.architecture_id for result in found if isinstance(result, Missed)} == plain_ids(study)
        assert not any(isinstance(result, Remeasurement) for result in found)
