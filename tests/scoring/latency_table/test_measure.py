"""Tables of studies: measured by a formula, gone on with, used by an evaluator."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modsearch.architecture import preset
from modsearch.models.device import deployment_environment
from modsearch.record import Environment, LatencyTable, read_latency_table, write_latency_table
from modsearch.scoring import (
    LocalEvaluator,
    begin_latency_table,
    measure_latency_table,
    table_protocol,
    time_networks,
)
from modsearch.scoring.latency_table import draw_networks, list_parts
from modsearch.space import Deployment, StudySpec, TimingProtocol, load_spec
from tests.scoring.conftest import DEPLOYMENT
from tests.scoring.latency_table.additive import Adder, latency_ms
from tests.space.shipped import NAMES

OTHER = Environment(device="Adder B", threads=1, software="sum 2")


def measured(spec: StudySpec, path: Path, num_calibration: int = 40, **options: Any) -> LatencyTable:
    place = next(iter(spec.deployments))
    begun = begin_latency_table(spec, place, path, table_protocol(spec))
    return measure_latency_table(begun, spec, path, num_calibration, **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_space_is_predicted(name: str, adder: Adder, tmp_path: Path) -> None:
    adder.noise = 0.02
    spec = load_spec(name)
    table = measured(spec, tmp_path / "table.json")
    assert table == read_latency_table(tmp_path / "table.json")
    assert {cost.part for cost in table.costs} == set(list_parts(spec.space).parts)
    unseen = draw_networks(spec.space, 60, 1, [timing.architecture for timing in table.networks])
    true_N = np.array([latency_ms(network) for network in unseen]) / latency_ms(spec.reference_architecture)
    found = [table.predict(network) for network in unseen]
    error_N = np.array([prediction.value for prediction in found]) / true_N - 1
    assert np.abs(error_N).mean() < 0.01  # the median of 30 rounds with an error of 0.02 has one of 0.005
    assert (
        np.mean([prediction.low <= true <= prediction.high for prediction, true in zip(found, true_N, strict=True)])
        > 0.9
    )
    assert all(prediction.environment == table.environment and prediction.unit == "x reference" for prediction in found)


def test_an_interrupted_table_goes_on(adder: Adder, tmp_path: Path) -> None:
    spec, path, seen = load_spec("digits_quickstart"), tmp_path / "table.json", []
    adder.interrupt_at = 3
    with pytest.raises(KeyboardInterrupt):
        measured(spec, path)
    begun = read_latency_table(path)
    assert len(begun.networks) == sum(adder.calls) == 18
    assert begun.costs == ()
    adder.interrupt_at = None
    table = measured(spec, path, on_timed=lambda done, total: seen.append((done, total)))
    assert table.networks[:18] == begun.networks
    assert seen[0] == (18, 56)
    assert seen[-1] == (56, 56)
    assert sum(adder.calls) == 56 == len({timing.architecture.id for timing in table.networks})
    assert measured(spec, path) == table  # nothing is left to be timed
    assert sum(adder.calls) == 56
    assert len(measured(spec, path, 50).networks) == 66


def test_the_same_command_times_anew_what_was_timed_badly(adder: Adder, tmp_path: Path) -> None:
    spec, path = load_spec("digits_quickstart"), tmp_path / "table.json"
    adder.noise = 0.3
    noisy = measured(spec, path)
    num_timed = len(noisy.networks)
    assert len(noisy.unsure) == num_timed == sum(adder.calls)
    adder.noise = 0.001
    table = measured(spec, path)
    assert sum(adder.calls) == 2 * num_timed
    assert [timing.architecture for timing in table.networks] == [timing.architecture for timing in noisy.networks]
    assert table.unsure == ()
    assert table.log_error < 0.01 < noisy.log_error
    adder.noise = 0.3
    assert measured(spec, path) == table
    assert sum(adder.calls) == 2 * num_timed


def test_a_worse_timing_takes_no_place(adder: Adder, tmp_path: Path) -> None:
    spec, path = load_spec("digits_quickstart"), tmp_path / "table.json"
    adder.noise = 0.3
    noisy = measured(spec, path)
    adder.noise = 3.0
    assert measured(spec, path).networks == noisy.networks


def test_a_file_of_something_else_is_not_gone_on_with(adder: Adder, tmp_path: Path) -> None:
    spec, path = load_spec("digits_quickstart"), tmp_path / "table.json"
    measured(spec, path)
    other = spec.with_overrides({"reference": "resnet32_cifar"})
    with pytest.raises(
        ValueError, match=r"table\.json is relative to resnet20_cifar, and this study to resnet32_cifar"
    ):
        begin_latency_table(other, "cpu", path, TimingProtocol())
    adder.environment = OTHER
    with pytest.raises(ValueError, match=r"table\.json was measured on Adder A.*; this is Adder B, 1 thread, sum 2\."):
        begin_latency_table(spec, "cpu", path, TimingProtocol())


def test_a_network_of_another_space_is_told(adder: Adder, tmp_path: Path) -> None:
    spec, path = load_spec("digits_quickstart"), tmp_path / "table.json"
    table = measured(spec, path)
    other = table.networks[0].model_copy(update={"architecture": preset("resnet18").architecture})
    write_latency_table(table.model_copy(update={"networks": (table.networks[0], other)}), path)
    with pytest.raises(
        ValueError, match=r"^table\.json\.networks\[1\] must be of the space\. It has a frame of resnet_basic"
    ):
        measured(spec, path)


def test_a_timing_in_another_environment_ends_it(adder: Adder, tmp_path: Path) -> None:
    spec = load_spec("digits_quickstart")
    begun = begin_latency_table(spec, "cpu", tmp_path / "table.json", TimingProtocol())
    adder.environment = OTHER
    with pytest.raises(ValueError, match=r"The table was measured on Adder A"):
        measure_latency_table(begun, spec, tmp_path / "table.json")


def test_a_space_of_few_networks_has_a_table(adder: Adder, tmp_path: Path) -> None:
    spec = load_spec("digits_quickstart")
    few = [{"standard": [1, 2], "mod": [0]}] + [{"standard": [1], "mod": [0]}] * 2
    small = spec.with_overrides({"space": spec.space.model_dump() | {"depths": few, "placements": ["none"]}})
    table = measured(small, tmp_path / "table.json")
    assert len(table.networks) == 2
    assert 0 < table.log_error <= 10  # nothing is left to be drawn: one without the other says little
    assert table == read_latency_table(tmp_path / "table.json")


def test_intervals_are_to_be_narrow_unless_the_study_says_otherwise() -> None:
    spec = load_spec("digits_quickstart")
    assert table_protocol(spec) == TimingProtocol(half_width=0.01)
    own = spec.with_overrides({"timing": {"half_width": 0.05, "seconds": 7}})
    assert table_protocol(own) == TimingProtocol(half_width=0.05, seconds=7)
    assert table_protocol(own, 3) == TimingProtocol(half_width=0.05, seconds=3)


def refuse_timing(*_: object) -> None:
    raise AssertionError("timed")


def test_an_evaluator_with_a_table_times_nothing(adder: Adder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, path = load_spec("digits_quickstart"), tmp_path / "table.json"
    table = measured(spec, path)
    # by that name the package has the function of the module
    monkeypatch.setattr(import_module("modsearch.scoring.measure"), "time_networks", refuse_timing)
    found = LocalEvaluator(spec.with_latency_tables({"cpu": path}), "cpu")
    network = draw_networks(spec.space, 1, 5)[0]
    score = found.measure(network)
    assert set(score.metrics) == {"predicted_relative_latency", "gmacs", "params"}
    assert score.metrics["predicted_relative_latency"] == table.predict(network)
    assert score.timed == {}
    assert found.measure(spec.reference_architecture).metrics["predicted_relative_latency"].value == 1
    with pytest.raises(ValueError, match=r"has no frame of resnet_basic imagenet 64-128-256-512: it was not measured"):
        found.measure(preset("resnet18").architecture)


@pytest.mark.usefixtures("short_samples")
def test_other_deployments_are_timed(adder: Adder, tmp_path: Path, spec: StudySpec) -> None:
    path = tmp_path / "table.json"
    places = {"cpu": DEPLOYMENT, "single": DEPLOYMENT.model_copy(update={"batch_size": 1})}
    two = spec.with_overrides({"deployments": places, "objectives": ("accuracy", "relative_latency@cpu")})
    measured(two, path)
    score = LocalEvaluator(two.with_latency_tables({"cpu": path}), "cpu").measure(two.reference_architecture)
    assert {name for name in score.metrics if name.endswith("@cpu")} == {"predicted_relative_latency@cpu", "gmacs@cpu"}
    assert {"relative_latency@single", "latency_ms@single", "gmacs@single", "params"} <= set(score.metrics)
    assert "predicted_relative_latency@single" not in score.metrics
    assert set(score.timed) == {"single"}


def test_a_table_of_another_environment_is_refused_when_a_search_starts(adder: Adder, tmp_path: Path) -> None:
    spec, path = load_spec("digits_quickstart"), tmp_path / "table.json"
    measured(spec, path)
    adder.environment = OTHER
    with pytest.raises(ValueError, match=r"table\.json was measured on Adder A, 2 threads, sum 1; this is Adder B"):
        LocalEvaluator(spec.with_latency_tables({"cpu": path}), "cpu")


@pytest.mark.usefixtures("short_samples")
def test_the_environment_before_a_timing_is_that_of_the_timing() -> None:
    network = preset("resnet20_cifar").architecture
    deployment = Deployment(image_size=8, num_classes=10, threads=1)
    timing = time_networks({"reference": network}, deployment, TimingProtocol(processes=1, seconds=0))
    assert deployment_environment(deployment) == timing.environment
