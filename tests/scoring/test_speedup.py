"""What is timed beside a MoD network, and what its speed-up is made of: the timer is a table."""

from collections.abc import Mapping, Sequence
from importlib import import_module

import pytest

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.record import Environment
from modsearch.scoring import Timing, count, measure
from modsearch.scoring.latency import build_target
from modsearch.space import Deployment, StudySpec, TimingProtocol
from tests.models.tiny import tiny
from tests.scoring.conftest import DEPLOYMENT

WHERE = Environment(device="Processor A", threads=1, software="torch 2.11")
TIMES_MS = {"candidate": ((2.0, 2.0, 2.0),), "reference": ((4.0, 4.0, 4.0),), "plain": ((3.0, 3.0, 3.0),)}
NETWORK = tiny("resnet_basic", MoD(c=4, reduction=4))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Name -> id of the networks that were to be timed, call by call."""
    calls: list[dict[str, str]] = []

    def time_networks(
        networks: Mapping[str, Architecture],
        deployment: Deployment,
        protocol: TimingProtocol,
        pairs: Sequence[tuple[str, str]],
    ) -> Timing:
        assert pairs == [("candidate", "reference")]
        calls.append({name: network.id for name, network in networks.items()})
        return Timing({name: TIMES_MS[name] for name in networks}, WHERE)

    # the package has a function of the module's name
    monkeypatch.setattr(import_module("modsearch.scoring.measure"), "time_networks", time_networks)
    return calls


def test_a_mod_network_is_timed_beside_its_plain_form(spec: StudySpec, asked: list[dict[str, str]]) -> None:
    [speedup] = measure(NETWORK, spec).speedups.values()
    plain = tiny("resnet_basic", Standard())
    assert asked == [{"candidate": NETWORK.id, "reference": spec.reference_architecture.id, "plain": plain.id}]
    assert speedup.gmacs == count(build_target(NETWORK, DEPLOYMENT), 8).gmacs
    assert speedup.plain_gmacs == count(build_target(plain, DEPLOYMENT), 8).gmacs
    assert speedup.gmacs < speedup.plain_gmacs
    assert speedup.measured is not None
    assert speedup.measured.value == pytest.approx(1.5)
    assert (speedup.measured.unit, speedup.measured.environment) == ("x plain form", WHERE)


def test_a_plain_network_is_timed_beside_the_reference_alone(spec: StudySpec, asked: list[dict[str, str]]) -> None:
    score = measure(tiny("resnet_basic", Standard()), spec)
    assert score.speedups == {}
    assert [set(call) for call in asked] == [{"candidate", "reference"}]


@pytest.mark.slow
def test_each_deployment_has_a_speed_up(spec: StudySpec, asked: list[dict[str, str]]) -> None:
    large = DEPLOYMENT.model_copy(update={"image_size": 16})
    places = {"small": DEPLOYMENT, "large": large}
    spec = spec.with_overrides({"deployments": places, "objectives": ("accuracy", "relative_latency@large")})
    speedups = measure(NETWORK, spec).speedups
    assert list(speedups) == ["small", "large"]
    assert 3.9 < speedups["large"].plain_gmacs / speedups["small"].plain_gmacs < 4  # all but the linear layer
