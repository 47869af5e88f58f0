"""What a search will take: worked out by hand from trials whose times are given."""

from dataclasses import replace
from typing import Any

import pytest

from modsearch.architecture import Architecture
from modsearch.images import count_images, load_split
from modsearch.record import Epoch, ImageCount, Measurement, OnEpoch, Plan, Score, Task, Trained, TrialCost
from modsearch.scoring import LocalEvaluator, TrialTimer, make_plan
from modsearch.scoring.plan import _usual
from modsearch.space import Budget, Data, Depth, Digits, StudySpec
from tests.analysis.small_study import MOD, PLAIN, TINY, network

IMAGES = ImageCount(train=1000, validation=160, classes=10, smallest_class=100, num_bytes=0)


class Clockwork:
    """Trains in no time, and says that a step took ``step_s`` and the first epoch ``warm_up_s`` more."""

    def __init__(self, spec: StudySpec, step_s: float, warm_up_s: float = 0.0) -> None:
        self.spec, self.step_s, self.warm_up_s = spec, step_s, warm_up_s
        self.num_steps: list[int] = []

    def measure(self, architecture: Architecture) -> Score:
        return Score(metrics={"params": Measurement.exact(7, "parameters")})

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        fidelity = task.fidelity
        assert on_epoch is not None
        assert fidelity.images_per_class is not None
        num_images = fidelity.images_per_class * IMAGES.classes
        steps = num_images // fidelity.batch_size
        self.num_steps += [steps] * fidelity.epochs
        curve = [
            Epoch(loss=1, accuracy=0.1, seconds=steps * self.step_s + self.warm_up_s * (number == 0))
            for number in range(fidelity.epochs)
        ]
        for number, epoch in enumerate(curve, 1):
            on_epoch(number, epoch)
        top1 = Measurement(value=0.1, low=0, high=1, num_samples=num_images // 10, unit="fraction")
        return Trained(Score(metrics={"accuracy": top1}, learning_curve=tuple(curve)), b"12345")


def timer(spec: StudySpec, evaluator: Any) -> TrialTimer:
    return TrialTimer(evaluator, IMAGES)


@pytest.fixture
def longer(spec: StudySpec) -> StudySpec:
    """50 steps of 20 images an epoch, 8 epochs."""
    changes = {"epochs": 8, "batch_size": 20, "images_per_class": 100}
    return spec.with_overrides({"fidelity": spec.fidelity.model_copy(update=changes)})


def test_a_trial_is_its_steps_and_one_warm_up(longer: StudySpec) -> None:
    evaluator = Clockwork(longer, step_s=0.02, warm_up_s=1.5)
    cost = timer(longer, evaluator).time(PLAIN)
    assert cost.train_s == pytest.approx(8 * 50 * 0.02 + 1.5)
    assert evaluator.num_steps == [2] * 2 + [50] * 4  # whole epochs: one to warm up, three that fill three seconds
    assert cost.weights_bytes == 5


def test_slow_steps_are_timed_but_four_times(longer: StudySpec) -> None:
    evaluator = Clockwork(longer, step_s=7.0)
    assert timer(longer, evaluator).time(PLAIN).train_s == pytest.approx(8 * 50 * 7)
    assert evaluator.num_steps == [2, 2]


def test_a_middling_step_is_timed_on_a_part_of_the_images(longer: StudySpec) -> None:
    evaluator = Clockwork(longer, step_s=0.3)
    assert timer(longer, evaluator).time(PLAIN).train_s == pytest.approx(8 * 50 * 0.3)
    assert evaluator.num_steps == [2] * 2 + [10] * 2


def test_usual_is_linear_in_the_numbers_of_blocks() -> None:
    def cost(architecture: Architecture) -> TrialCost:
        standard, mod = sum(architecture.depths) - architecture.num_mod_blocks, architecture.num_mod_blocks
        return TrialCost(1 + 2 * standard + 3 * mod, 10 * standard, 5 + mod, 7)

    largest = network("SSMSM", "SSMSM", "SSMSM")
    timed = [(architecture, cost(architecture)) for architecture in (TINY, largest, largest.deleted())]
    usual = _usual(timed, [PLAIN, MOD])  # 4 and 4 standard blocks, 0 and 1 MoD block
    assert usual.measure_s == pytest.approx(1 + 2 * 4 + 3 * 0.5)
    assert usual.train_s == pytest.approx(40)
    assert usual.weights_bytes == pytest.approx(5.5)
    assert usual.score_bytes == pytest.approx(7)


def plan(budget: dict[str, float], num_trials: int | None) -> Plan:
    timed = {"cheapest": (TINY, TrialCost(1, 9, 100, 10)), "costliest": (MOD, TrialCost(2, 28, 300, 10))}
    usual = TrialCost(1, 19, 200, 10)
    return Plan("small", 100, 40, IMAGES, num_trials, timed, usual, 30, Budget.model_validate(budget))


def test_the_nearer_limit_ends_the_search() -> None:
    assert plan({"trials": 12}, 12).total_s == (120, 240, 360)
    assert plan({"trials": 12, "hours": 0.05}, 12).total_s == (120, 180, 180)
    assert plan({"hours": 0.05}, None).total_s == (180, 180, 180)
    assert plan({"plateau": 0.01}, None).total_s is None


def test_disk_is_that_of_the_usual_networks() -> None:
    images = replace(IMAGES, num_bytes=999)
    found = replace(plan({"trials": 12}, 12), images=images).disk_bytes
    assert found == {"weights": 12 * 200, "journal": 12 * (2 * 10 + 30), "images": 999}
    assert plan({"hours": 0.05}, None).disk_bytes["weights"] == 9 * 200  # 180 s are nine usual trials


@pytest.mark.parametrize("changes", [{}, {"images_per_class": None}, {"classes": 3}])
def test_images_are_counted_as_they_are_split(changes: dict[str, Any], spec: StudySpec) -> None:
    data: Data = Digits()
    fidelity = spec.fidelity.model_copy(update=changes)
    split, found = load_split(data, fidelity, 0), count_images(data, fidelity)
    assert (found.train, found.validation) == (len(split.train), len(split.validation))
    assert found.classes == len(split.class_names)
    assert found.smallest_class == split.train.labels_N.bincount().min()


@pytest.mark.slow
@pytest.mark.usefixtures("short_samples")
def test_a_plan_of_a_real_study(spec: StudySpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.scoring.trial_cost._TIMED_S", 0.001)
    depths = (Depth(standard=(1,), mod=(0, 1)),) * 3
    small = spec.space.model_copy(update={"placements": ("none", "free"), "widths": (8, 8, 8), "depths": depths})
    steps: list[str] = []
    found = make_plan(LocalEvaluator(spec.with_overrides({"space": small}), "cpu"), steps.append)
    assert list(found.timed) == ["cheapest", "costliest", "deleted"]
    costliest, deleted = found.timed["costliest"][0], found.timed["deleted"][0]
    assert deleted == costliest.deleted()
    least, usual, most = found.trial_s
    assert 0 < least <= usual <= most
    assert (found.num_trials, found.num_networks) == (16, 1 + 7 * 3)  # MoD blocks in no, or some, of three stages
    assert found.disk_bytes["images"] == 0
    assert len(steps) == 5
