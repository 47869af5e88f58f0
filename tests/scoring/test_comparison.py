"""The published MoD networks beside the paper: who is set beside whom, the paper's ratios, what is timed how often."""

import math

import pytest
import torch

from modsearch.architecture import Architecture, Published, preset
from modsearch.models import build
from modsearch.record import RATIOS, Comparison, Environment
from modsearch.scoring import Timing, comparable, compare, comparison, count
from modsearch.scoring.comparison import plain_network
from modsearch.scoring.latency.protocol import Pairs
from modsearch.space import Deployment, TimingProtocol
from tests.models.tiny import tiny

PLACE = Deployment(image_size=1, num_classes=1)
WHERE = Environment(device="Processor A", threads=2, software="torch 2.11")
TIMES_MS = {"mod": ((3.0, 4.0, 8.0),), "plain": ((4.0, 8.0, 8.0),), "deleted": ((2.0, 2.0, 2.0),)}


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Architecture], Deployment, float]]:
    """What was handed to the timer, which answers with the times above."""
    calls: list[tuple[dict[str, Architecture], Deployment, float]] = []

    def time_networks(
        forms: dict[str, Architecture], deployment: Deployment, protocol: TimingProtocol, pairs: Pairs
    ) -> Timing:
        assert pairs == RATIOS
        calls.append((forms, deployment, protocol.seconds))
        return Timing(TIMES_MS, WHERE, "budget")

    monkeypatch.setattr(comparison, "time_networks", time_networks)
    return calls


def tiny_network(name: str, variant: str = "mod-learned", num_classes: int = 10) -> Published:
    return Published(name, tiny("resnet_basic", variant), 8, num_classes, "here")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("resnet18_mod", "resnet18"),
        ("resnet26_mod", "resnet18"),
        ("resnet42_mod", "resnet34"),
        ("resnet75_mod", "resnet50"),  # the abstract: 25 % faster on the CPU
        ("resnet86_mod_last", "resnet50"),
        ("resnet152_mod", "resnet101"),
        ("resnet50_mod_c2_original", "resnet50"),
        ("mobilenet_v2_mod_l", "mobilenet_v2"),
        ("vgg19_bn_cifar_mod", "vgg19_bn_cifar"),
        ("resnet34_cifar100_mod", "resnet34_cifar100"),
    ],
)
def test_each_mod_network_is_set_beside_a_plain_one(name: str, plain: str) -> None:
    assert plain_network(preset(name)) == preset(plain)


def test_every_network_of_the_paper_can_be_compared() -> None:
    networks = comparable()
    assert {"resnet50", "resnet50_mod", "vgg19_bn_cifar_mod", "resnet18_cifar100", "mobilenet_v2"} <= set(networks)
    assert not {"convnext_tiny", "resnet20_cifar", "vgg16_bn", "resnet152"} & set(networks)  # it prints nothing of them
    for network in networks.values():
        plain = plain_network(network)
        assert (plain is not None) == (network.architecture.num_mod_blocks > 0)
        if plain is not None:
            assert plain.architecture.num_mod_blocks == 0
            assert (plain.image_size, plain.num_classes) == (network.image_size, network.num_classes)
            assert plain.architecture.backbone == network.architecture.backbone


# From the paper's milliseconds: 128.90 / 160.66 and 2.19 / 2.52, and so on, to four digits.
@pytest.mark.parametrize(
    ("name", "cpu", "gpu"),
    [
        ("resnet75_mod", 0.8023, 0.8690),
        ("resnet86_mod", 0.9396, 0.9524),
        ("resnet18_mod", 0.6244, 0.6267),
        ("resnet152_mod", 0.8317, 0.8925),
        ("mobilenet_v2_mod_l", 0.8991, 0.9103),
        ("resnet50_mod_c2", None, None),
        ("resnet18_cifar_mod", None, None),
        ("resnet50", None, None),
    ],
)
def test_the_papers_ratios(name: str, cpu: float | None, gpu: float | None) -> None:
    network = preset(name)
    deployment = Deployment(image_size=8, num_classes=10)
    found = Comparison(network, deployment, counted=None, plain=plain_network(network))  # type: ignore[arg-type]
    assert found.printed_cpu_ratio == (cpu if cpu is None else pytest.approx(cpu, abs=5e-5))
    assert found.printed_gpu_ratio == (gpu if gpu is None else pytest.approx(gpu, abs=5e-5))


def test_the_three_forms_are_timed_together(
    timed: list[tuple[dict[str, Architecture], Deployment, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, plain = tiny_network("small_mod"), tiny_network("small", "standard")
    monkeypatch.setattr(comparison, "preset", {"small": plain}.__getitem__)
    [found] = compare([network], PLACE.model_copy(update={"batch_size": 4, "threads": 2}), TimingProtocol(seconds=7))
    [(forms, deployment, max_s)] = timed
    assert (deployment.batch_size, deployment.threads, deployment.image_size, max_s) == (4, 2, 8, 7)
    costs = {form: count(build(architecture, 10, 8), 8) for form, architecture in forms.items()}
    assert found.counted == costs["mod"]
    assert costs["deleted"].params < costs["mod"].params < costs["plain"].params
    # rounds of mod / plain: 3/4, 1/2, 1; of deleted / plain: 1/2, 1/4, 1/4; of mod / deleted: 3/2, 2, 4
    medians = {("mod", "plain"): 0.75, ("deleted", "plain"): 0.25, ("mod", "deleted"): 2}
    assert {pair: ratio.value for pair, ratio in found.ratios.items()} == pytest.approx(medians)
    assert found.ratios["mod", "plain"].low < 0.75 < found.ratios["mod", "plain"].high
    assert {form: latency.value for form, latency in found.latency_ms.items()} == pytest.approx(
        {"mod": 4, "plain": 8, "deleted": 2}
    )
    assert found.ending == "budget"
    assert found.ratios["mod", "plain"].environment == WHERE


def test_no_architecture_is_timed_twice_and_no_plain_one_at_all(
    timed: list[tuple[dict[str, Architecture], Deployment, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tiny_network("small", "standard")
    monkeypatch.setattr(comparison, "preset", lambda _: plain)
    found = list(compare([plain, tiny_network("small_mod"), tiny_network("small100_mod", num_classes=100)], PLACE))
    assert [bool(compared.ratios) for compared in found] == [False, True, False]
    assert [compared.plain for compared in found] == [None, plain, plain]
    assert found[2].counted.params - found[1].counted.params == 90 * (
        found[1].network.architecture.out_channels[-1] + 1
    )
    assert len(timed) == 1


def test_a_missing_device_is_told_before_anything_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match=r"device must be cpu: this machine has 0 CUDA devices\. Got 'cuda'"):
        compare([preset("resnet18_mod")], PLACE.model_copy(update={"device": "cuda"}))


@pytest.mark.usefixtures("short_samples")
def test_real_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "preset", lambda _: tiny_network("small", "standard"))
    [found] = compare([tiny_network("small_mod")], PLACE, TimingProtocol(seconds=0))
    mod, deleted = found.ratios["mod", "plain"], found.ratios["deleted", "plain"]
    assert all(math.isfinite(ratio.value) and ratio.low <= ratio.value <= ratio.high for ratio in found.ratios.values())
    assert mod.num_samples == deleted.num_samples == 12  # three processes of four rounds
