"""What every executor does not waste: asks, training of networks that cannot matter, time beyond its budget."""

import errno
import time
from typing import Any

import optuna
import pytest

from modsearch.record import OnEpoch, Task, Trained, Trial
from modsearch.search import SearchFailed, StorageFailed
from tests.conformance.executor import Run, ids
from tests.conformance.tabulated import SPACE, TabulatedEvaluator, accuracy, cost, study_spec

pytestmark = pytest.mark.slow

# --- asks ---

DEPTHS_256: dict[str, Any] = {
    "depths": [
        {"standard": [1, 2, 3, 4], "mod": [0]},
        {"standard": [1, 2, 3, 4, 5, 6, 7, 8], "mod": [0]},
        {"standard": [1, 2, 3, 4, 5, 6, 7, 8], "mod": [0]},
    ],
    "placements": ["none"],
    "c": [4],
}


class Parrot(optuna.samplers.BaseSampler):
    """Suggests the first choice always: the worst that a sampler can do."""

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        is_rank = isinstance(param_distribution, optuna.distributions.IntDistribution)
        return param_distribution.low if is_rank else param_distribution.choices[0]


@pytest.mark.parametrize("sampler", ["ehvi", "tpe", "nsga2", "random", "parrot"])
def test_95_percent_of_256_networks_cost_at_most_three_asks_each(
    run: Run, sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sampler == "parrot":
        monkeypatch.setattr("modsearch.search.run.create_sampler", lambda *_: Parrot())
    spec = study_spec(
        space=SPACE | DEPTHS_256, sampler="random" if sampler == "parrot" else sampler, budget={"trials": 243}
    )
    assert len({spec.space.decode(point).id for point in spec.space.points()}) == 256
    assert run.search(spec) == "trials"
    assert len(set(ids(run.trials("complete")))) == 243
    assert len(run.study.trials()) <= 3 * 243


# --- constraints ---


@pytest.mark.parametrize("sampler", ["tpe", "ehvi"])
def test_a_sampler_that_learns_proposes_fewer_violators_than_random(run: Run, sampler: str) -> None:
    def num_violators(name: str) -> int:
        evaluator = TabulatedEvaluator()
        bound = [{"metric": "relative_latency", "max": 0.5}]
        found = Run("local", run.place.folder / name)
        spec = study_spec(sampler=name, constraints=bound, budget={"trials": 40})
        found.search(spec, evaluator)
        trained = [trial.architecture for trial in found.trials("complete") if trial.architecture]
        assert evaluator.trained == [network.id for network in trained]
        over = [network for network in trained if cost(network) / 10 > 0.5]
        assert all(network == spec.reference_architecture for network in over)
        return len(found.trials("pruned"))

    assert num_violators(sampler) < num_violators("random")


# --- screening ---


class Riser(TabulatedEvaluator):
    """Curves that rise in parallel, and count their epochs."""

    num_epochs = 0

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        def count(number: int, epoch: Any) -> None:
            self.num_epochs += 1
            if on_epoch is not None:
                on_epoch(number, epoch)

        return super().train(task, count)


def test_screening_trains_less_and_finds_the_same_front(run: Run) -> None:
    found = {}
    for name, screening in (("off", False), ("on", True)):
        evaluator, arm = Riser(), Run(run.name, run.place.folder / name)
        arm.search(study_spec(screening=screening, budget={"trials": 60}), evaluator)
        networks = [trial.architecture for trial in arm.trials("complete") if trial.architecture]
        front = {
            one.id
            for one in networks
            if not any(
                cost(other) <= cost(one) and accuracy(other) >= accuracy(one) and other.id != one.id
                for other in networks
            )
        }
        found[name] = (evaluator, arm, front)
    assert found["on"][2] == found["off"][2]
    assert found["on"][0].trained == found["off"][0].trained
    assert found["on"][0].num_epochs < found["off"][0].num_epochs
    screened = found["on"][1].trials("pruned")
    assert screened
    assert all(trial.is_screened and trial.reason.startswith("screened after 1 of 2") for trial in screened)
    for trial in screened:
        assert trial.score is not None
        assert "accuracy" not in trial.score.metrics
    assert len(found["on"][1].trials("complete")) + len(screened) == 60


def test_screened_networks_stay_settled_until_screening_is_switched_off(run: Run) -> None:
    spec = study_spec(screening=True, budget={"trials": 60})
    run.search(spec)
    screened = ids(run.trials("pruned"))
    assert run.search(spec) == "trials"
    evaluator = TabulatedEvaluator()
    run.search(spec.with_overrides({"screening": False, "budget": {"trials": 61}}), evaluator)
    assert screened
    assert len(evaluator.trained) == 61 - (60 - len(screened))


def test_the_reference_is_never_screened(run: Run) -> None:
    space = SPACE | {"depths": [{"standard": [1, 3], "mod": [0, 1, 2]}] * 3}
    spec = study_spec(space=space, screening=True, seed_with="published", budget={"trials": 60})
    run.search(spec)
    (reference,) = [
        trial
        for trial in run.trials()
        if trial.architecture and trial.architecture.id == spec.reference_architecture.id
    ]
    assert reference.state == "complete"


# --- budget ---


class Clock:
    """A clock that a sleeping evaluator moves on."""

    now = 0.0


class Worker(TabulatedEvaluator):
    def train(self, *arguments: Any, **named: Any) -> Trained:
        Clock.now += 600.0
        return super().train(*arguments, **named)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    Clock.now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: Clock.now)
    return Clock


@pytest.mark.usefixtures("clock")
def test_hours_are_summed_over_starts(run: Run) -> None:
    assert run.search(study_spec(budget={"hours": 0.5}), Worker()) == "hours"
    assert len(run.trials("complete")) == 3
    assert run.search(study_spec(budget={"hours": 1.0}), Worker()) == "hours"
    assert len(run.trials("complete")) == 6
    assert [trial.seconds for trial in run.trials()] == [600.0] * 6


@pytest.mark.usefixtures("clock")
def test_a_plateau_ends_the_search(run: Run) -> None:
    assert run.search(study_spec(budget={"plateau": 0.5}), Worker()) == "plateau"
    assert 6 < len(run.trials("complete")) < 20
    assert run.search(study_spec(budget={"plateau": 0.5, "trials": 25}), Worker()) == "plateau"


# --- limits ---


class Sleeper(TabulatedEvaluator):
    def train(self, *arguments: Any, **named: Any) -> Trained:
        if not self.trained:
            self.trained.append("the first one hangs")
            time.sleep(60)
        return super().train(*arguments, **named)


def test_a_trial_that_hangs_is_failed_and_the_search_goes_on(run: Run) -> None:
    assert run.search(study_spec(budget={"trials": 2, "trial_hours": 0.2 / 3600}), Sleeper()) == "trials"
    (failed,) = run.trials("failed")
    assert failed.reason == "TrialTimeout: no result within 0.2 s"


class Full(TabulatedEvaluator):
    def train(self, *arguments: Any, **named: Any) -> Trained:
        if len(self.trained) == 2:
            raise OSError(errno.ENOSPC, "No space left on device", "weights/x")
        return super().train(*arguments, **named)


def test_a_full_disk_ends_the_search_and_fails_no_network(run: Run) -> None:
    with pytest.raises(StorageFailed, match=r"'weights/x' cannot be written: the disk is full .* the same command"):
        run.search(study_spec(budget={"trials": 4}), Full())
    assert len(run.trials("complete")) == 2
    torn = run.trials()[2].architecture
    evaluator = TabulatedEvaluator()
    assert run.search(study_spec(budget={"trials": 4}), evaluator) == "trials"
    assert torn is not None
    assert evaluator.trained[0] == torn.id


def test_a_network_that_three_searches_died_of_is_left_alone(run: Run) -> None:
    def die() -> Trial:
        with pytest.raises(SearchFailed):
            run.search(study_spec(budget={"trials": 1}), dead)
        return run.trials()[-1]

    dead = Full(trained=["a", "b"])
    networks = [die().architecture for _ in range(3)]
    assert networks[0] == networks[1] == networks[2]
    assert die().architecture != networks[0]
