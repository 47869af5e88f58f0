"""Paired timing: the interval of a median, and the structure of a timing. No test asserts a time."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from modsearch.models import build
from modsearch.scoring import Timing, time_in_turn
from modsearch.scoring.environment import current_environment
from modsearch.scoring.latency import MIN_ROUNDS, median_interval
from modsearch.space import Deployment
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT


# Tables of the sign test give these order statistics for the 95 % interval of a median, counted from 1.
@pytest.mark.parametrize(("num", "low", "high"), [(6, 1, 6), (10, 2, 9), (15, 4, 12), (20, 6, 15), (30, 10, 21)])
def test_median_interval_is_that_of_the_tables(num: int, low: int, high: int) -> None:
    values = tuple(float(value) for value in np.random.default_rng(0).permutation(np.arange(1, num + 1)))
    assert median_interval(values) == ((num + 1) / 2, low, high)


def test_median_interval_agrees_with_scipy() -> None:
    values = tuple(np.random.default_rng(1).lognormal(size=30))
    expected = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    assert median_interval(values) == (float(np.median(values)), expected.low, expected.high)


@pytest.mark.parametrize("num", [1, 2, 5])
def test_few_values_give_their_whole_range(num: int) -> None:
    values = tuple(float(value) for value in range(num))
    assert median_interval(values) == ((num - 1) / 2, 0, num - 1)


# Of 30 values, the 10th to the 21st (11th to 20th) enclose the median with 1 - 2 P(B < 10) (11) for a binomial B.
@pytest.mark.parametrize(("confidence", "exact"), [(0.95, 0.957), (0.8, 0.901)])
def test_the_interval_covers_the_true_median_as_often_as_it_says(confidence: float, exact: float) -> None:
    draws = np.random.default_rng(2).lognormal(size=(2000, 30))
    intervals = [median_interval(tuple(row), confidence) for row in draws]
    coverage = sum(low <= 1 <= high for _, low, high in intervals) / len(intervals)
    assert coverage > confidence
    assert coverage == pytest.approx(exact, abs=0.02)  # three standard errors


def test_log_ratios_are_of_candidate_over_reference() -> None:
    timing = Timing({"a": ((2.0, 1.0),), "b": ((1.0, 4.0),)}, current_environment(torch.device("cpu")))
    assert timing.log_ratios("a", "b") == (pytest.approx((math.log(2), -math.log(4))),)
    assert timing.log_ratios("b", "a") == (pytest.approx((-math.log(2), math.log(4))),)


def test_relative_latency_is_the_median_of_the_rounds_ratios() -> None:
    # the ratios are 2, 4, 1/2; the ratio of the medians would be 2 / 3
    timing = Timing({"a": ((2.0, 12.0, 2.0),), "b": ((1.0, 3.0, 4.0),)}, current_environment(torch.device("cpu")))
    found = timing.relative_latency("a", "b")
    assert (found.value, found.low, found.high) == pytest.approx((2, 0.5, 4))
    assert (found.num_samples, found.unit) == (3, "x reference")
    assert (timing.latency_ms("b").value, timing.latency_ms("b").unit) == (3, "ms")


def make_model(variant: str = "mod-learned") -> nn.Module:
    return build(tiny("resnet_basic", variant), num_classes=10, image_size=8)


def watched(model: nn.Module, note: Callable[[], None]) -> nn.Module:
    """The model, calling ``note`` at each forward pass; its copies do so as well."""
    model.register_forward_hook(lambda *_: note())
    return model


@pytest.mark.usefixtures("short_samples")
def test_the_order_changes_with_each_round() -> None:
    log: list[str] = []
    candidate, reference = (watched(make_model(), lambda name=name: log.append(name)) for name in "cr")  # type: ignore[misc]
    timing = time_in_turn({"c": candidate, "r": reference}, DEPLOYMENT, num_rounds=4)
    assert "".join(log[-8:]) == "crrccrrc"
    assert [len(each[0]) for each in timing.times_ms.values()] == [4, 4]
    assert min(timing.times_ms["c"][0] + timing.times_ms["r"][0]) > 0


@pytest.mark.usefixtures("short_samples")
def test_each_of_three_stands_in_each_place_of_a_round() -> None:
    log: list[str] = []
    models = {name: watched(make_model(), lambda name=name: log.append(name)) for name in "abc"}  # type: ignore[misc]
    timing = time_in_turn(models, DEPLOYMENT, num_rounds=3)
    assert "".join(log[-9:]) == "abcbcacab"
    assert list(timing.times_ms) == ["a", "b", "c"]


@pytest.mark.usefixtures("short_samples")
@pytest.mark.parametrize(("num_rounds", "expected"), [(30, MIN_ROUNDS), (2, 2)])
def test_spent_time_leaves_the_rounds_that_an_interval_needs(num_rounds: int, expected: int) -> None:
    timing = time_in_turn({"a": make_model()}, DEPLOYMENT, num_rounds, max_s=0)
    assert len(timing.times_ms["a"][0]) == expected


@pytest.mark.usefixtures("short_samples")
def test_threads_are_the_deployments_and_then_as_before() -> None:
    before, seen = torch.get_num_threads(), set[int]()
    deployment = DEPLOYMENT.model_copy(update={"threads": before + 1})
    model = watched(make_model(), lambda: seen.add(torch.get_num_threads()))
    timing = time_in_turn({"a": model, "b": model}, deployment, num_rounds=2)
    assert seen == {before + 1}
    assert timing.environment.threads == before + 1
    assert torch.get_num_threads() == before


@pytest.mark.usefixtures("short_samples")
def test_both_see_the_same_random_images_of_the_deployment() -> None:
    seen: list[torch.Tensor] = []
    candidate, reference = make_model(), make_model("standard")
    for model in (candidate, reference):
        model.register_forward_hook(lambda _model, inputs, _y: seen.append(inputs[0].clone()))
    time_in_turn({"c": candidate, "r": reference}, DEPLOYMENT, num_rounds=2)
    assert seen[0].shape == (2, 3, 8, 8)
    assert all(torch.equal(x_BCHW, seen[0]) for x_BCHW in seen)
    assert abs(seen[0].mean()) < 0.2
    assert abs(seen[0].std() - 1) < 0.2


@pytest.mark.usefixtures("short_samples")
def test_what_is_timed_is_folded_and_the_callers_models_stay() -> None:
    norms: list[int] = []
    candidate, reference = make_model(), make_model("standard")
    candidate.register_forward_hook(
        lambda model, *_: norms.append(sum(isinstance(each, nn.BatchNorm2d) for each in model.modules()))
    )
    before = [{name: value.clone() for name, value in model.state_dict().items()} for model in (candidate, reference)]
    time_in_turn({"c": candidate, "r": reference}, DEPLOYMENT, num_rounds=1)
    assert set(norms) == {0}
    for model, state in zip((candidate, reference), before, strict=True):
        assert model.training
        assert list(model.state_dict()) == list(state)
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
        assert not any(parameter.is_inference() for parameter in model.parameters())


@pytest.mark.usefixtures("short_samples")
def test_a_network_can_be_its_own_reference() -> None:
    model = make_model()
    timing = time_in_turn({"a": model, "b": model}, DEPLOYMENT, num_rounds=3)
    assert len(timing.log_ratios("a", "b")[0]) == 3


def test_a_missing_device_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    model, deployment = make_model(), Deployment(image_size=8, num_classes=10, device="cuda")
    with pytest.raises(ValueError, match=r"deployment\.device must be cpu: this machine has 0 CUDA devices"):
        time_in_turn({"a": model}, deployment)


@pytest.mark.gpu
@pytest.mark.usefixtures("short_samples")
def test_cuda_is_timed_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[float] = []
    elapsed = torch.cuda.Event.elapsed_time
    monkeypatch.setattr(torch.cuda.Event, "elapsed_time", lambda self, end: used.append(elapsed(self, end)) or used[-1])
    deployment = DEPLOYMENT.model_copy(update={"device": "cuda"})
    timing = time_in_turn({"a": make_model(), "b": make_model("standard")}, deployment, num_rounds=4)
    assert timing.environment.device == torch.cuda.get_device_name()
    times_ms = timing.times_ms["a"][0] + timing.times_ms["b"][0]
    assert all(0 < value < math.inf for value in times_ms)
    assert {*times_ms} <= set(used)  # one call a sample
