"""What one process does: who is deployed on what, and in which order it is timed. No test asserts a time."""

import math
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modsearch.architecture import preset
from modsearch.models import to_onnx
from modsearch.models.runtime import Run, deploy, prepare
from modsearch.scoring.latency import rounds, time_networks
from modsearch.scoring.latency.job import NUM_KEPT_CALLS, Effort, Job
from modsearch.scoring.latency.rounds import run_job
from modsearch.space import Deployment, TimingProtocol
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT

NETWORKS = {
    name: tiny("resnet_basic", kind) for name, kind in (("a", "mod-learned"), ("b", "standard"), ("c", "standard"))
}
SHORT = Effort(num_rounds=6, warm_up_s=0.001, sample_s=1e-9)


def job(**changes: Any) -> Job:
    return Job(networks=NETWORKS, deployment=DEPLOYMENT, effort=SHORT).model_copy(update=changes)


class Watch:
    """Notes what is deployed and each call; the networks are told apart by the order in which they are deployed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.models: list[nn.Module] = []
        self.images: list[Tensor] = []
        self.calls: list[int] = []
        self.threads: set[int] = set()
        self.is_inference: set[bool] = set()
        monkeypatch.setattr(rounds, "deploy", self.deploy)
        monkeypatch.setattr(rounds, "with_peak_memory", lambda start, _: (start(), 1.5))

    def deploy(self, model: nn.Module, deployment: Deployment, x_BCHW: Tensor, prepared: Path | None) -> Run:
        assert prepared is None
        index, run = len(self.models), deploy(model, deployment, x_BCHW)
        self.models.append(model)
        self.images.append(x_BCHW)

        def watched() -> Tensor:
            self.calls.append(index)
            self.threads.add(torch.get_num_threads())
            self.is_inference.add(torch.is_inference_mode_enabled())
            return run()

        return watched


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def test_all_are_timed_in_each_round_in_an_order_drawn_anew(watch: Watch) -> None:
    orders = []
    for number in (0, 0, 3):
        found = run_job(job(number=number))
        assert {name: len(times) for name, times in found.times_ms.items()} == {"a": 6, "b": 6, "c": 6}
        assert all(0 < time_ms < math.inf for times in found.times_ms.values() for time_ms in times)
        last = watch.calls[-18:]
        orders.append([tuple(last[index : index + 3]) for index in range(0, 18, 3)])
        assert all(sorted(order) == sorted(orders[-1][0]) for order in orders[-1])
        assert len(set(orders[-1])) > 1
        watch.models.clear()
    assert orders[0] == orders[1] != orders[2]


def test_each_process_deploys_another_one_first_and_reads_its_memory(watch: Watch) -> None:
    first = [run_job(job(number=number)).peak_memory_mb.keys() for number in range(4)]
    assert list(map(list, first)) == [["a"], ["b"], ["c"], ["a"]]


def test_names_keep_their_order_whoever_is_deployed_first(watch: Watch) -> None:
    assert list(run_job(job(number=1)).times_ms) == ["a", "b", "c"]


def test_two_names_of_one_network_are_two_instances(watch: Watch) -> None:
    run_job(job(networks={"a": NETWORKS["a"], "again": NETWORKS["a"]}))
    first, second = watch.models
    assert first is not second
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
        assert one.data_ptr() != other.data_ptr()


def test_all_see_the_same_random_images_of_the_deployment(watch: Watch) -> None:
    run_job(job())
    assert watch.images[0].shape == (2, 3, 8, 8)
    assert all(torch.equal(x_BCHW, watch.images[0]) for x_BCHW in watch.images)
    assert abs(watch.images[0].mean()) < 0.2
    assert abs(watch.images[0].std() - 1) < 0.2


def test_threads_are_the_deployments_and_no_gradients_are_kept(watch: Watch) -> None:
    before = torch.get_num_threads()
    more = DEPLOYMENT.model_copy(update={"threads": before + 1})
    one = SHORT.model_copy(update={"num_rounds": 1})  # threads that wait for each other are slow on a busy machine
    found = run_job(job(networks={"a": NETWORKS["a"]}, deployment=more, effort=one))
    assert watch.threads == {before + 1} == {found.environment.threads}
    assert watch.is_inference == {True}
    assert torch.get_num_threads() == before


def test_spent_time_leaves_the_least_number_of_rounds(watch: Watch) -> None:
    found = run_job(job(effort=SHORT.model_copy(update={"rounds_s": 0.0, "min_rounds": 2})))
    assert len(found.times_ms["a"]) == 2


@pytest.mark.slow
def test_a_round_keeps_at_most_so_many_single_calls_and_its_mean_is_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[list[float]] = []

    def sample_ms(*_: object) -> list[float]:
        taken.append([float(number) for number in range(len(taken) + 1, len(taken) + 51)])
        return taken[-1]

    monkeypatch.setattr(rounds, "sample_ms", sample_ms)
    monkeypatch.setattr(rounds.time, "perf_counter", lambda: 0.0)
    found = run_job(job(networks={"a": NETWORKS["a"]}, effort=Effort(num_rounds=3, warm_up_s=0.0)))
    assert found.times_ms["a"] == tuple(fmean(calls) for calls in taken[1:])  # the first one warmed up
    assert list(map(len, found.calls_ms["a"])) == [NUM_KEPT_CALLS] * 3
    assert all(set(kept) < set(calls) for kept, calls in zip(found.calls_ms["a"], taken[1:], strict=True))


@pytest.mark.slow
def test_a_prepared_file_takes_the_place_of_building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = DEPLOYMENT.model_copy(update={"runtime": "onnxruntime"})
    path = tmp_path / "a.onnx"
    prepare(rounds.build_target(NETWORKS["a"], place), place, path)
    monkeypatch.setattr("modsearch.models.runtime.to_onnx", None)  # nothing is exported again
    found = run_job(job(networks={"a": NETWORKS["a"]}, deployment=place, prepared={"a": path}))
    assert len(found.times_ms["a"]) == SHORT.num_rounds
    assert "onnxruntime" in found.environment.software


@pytest.mark.slow
def test_files_that_are_there_are_timed_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_samples: None
) -> None:
    place = DEPLOYMENT.model_copy(update={"runtime": "onnxruntime"})
    to_onnx(rounds.build_target(NETWORKS["a"], place), place.image_size, tmp_path / "a.onnx")  # for any batch size
    monkeypatch.setattr("modsearch.scoring.latency.protocol.prepare", None)
    files = dict.fromkeys(("one", "other"), tmp_path / "a.onnx")
    for runtime in ("onnxruntime", "openvino"):
        place = DEPLOYMENT.model_copy(update={"runtime": runtime})
        protocol = TimingProtocol(processes=1, seconds=0)
        timing = time_networks(dict.fromkeys(files, NETWORKS["a"]), place, protocol, prepared=files)
        assert timing.relative_latency("one", "other").value > 0


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_what_is_quantised_has_the_range_of_a_trained_network(dtype: str) -> None:
    """The fresh batch norm of a deep network lets activations grow without end."""
    place = DEPLOYMENT.model_copy(update={"runtime": "onnxruntime", "dtype": dtype})
    model = rounds.timed_target(preset("resnet110_cifar").architecture, place)
    with torch.no_grad():
        largest = model(torch.randn(4, 3, place.image_size, place.image_size)).abs().max()
    assert (largest < 100) == (dtype == "int8")
