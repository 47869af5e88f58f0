"""What a study asks of other machines beside timings, and what it refuses before it begins."""

from pathlib import Path

import pytest

from modsearch.architecture import preset
from modsearch.record import LatencyTable
from modsearch.search import Hosts
from modsearch.search.retime.hosts import NotTimed
from modsearch.space import StudySpec
from tests.conformance.remeasured import ELSEWHERE, remeasured_score
from tests.conformance.tabulated import ENVIRONMENT, study_spec
from tests.record.tabled import table
from tests.search.retime.conftest import Elsewhere

REFERENCE = preset("resnet20_cifar").architecture


def spec(elsewhere: Elsewhere, **overrides: object) -> StudySpec:
    deployments = {"cpu": {"image_size": 32, "num_classes": 10}, "box": elsewhere.deployment().model_dump()}
    return study_spec(**{"deployments": deployments, "objectives": ("accuracy", "relative_latency@box")} | overrides)


def test_a_study_without_other_machines_has_nothing_to_ask() -> None:
    with Hosts(study_spec()) as hosts:
        assert list(hosts.check({})) == []
        hosts.request(REFERENCE)
        found = hosts.found(REFERENCE)
        assert found is not None
        assert found.metrics == {}
        hosts.forget(REFERENCE)


@pytest.mark.slow
def test_each_machine_is_reached_and_named(elsewhere: Elsewhere) -> None:
    with Hosts(spec(elsewhere)) as hosts:
        assert list(hosts.check({})) == [f"box: {elsewhere.host} is {ELSEWHERE.describe()}"]
        score = hosts.measure(REFERENCE)
    own = remeasured_score(REFERENCE, "box")
    assert score.metrics == {"relative_latency@box": own.metrics["relative_latency"]}
    assert score.timed == own.timed


@pytest.mark.slow
def test_what_a_machine_lacks_is_said_with_the_deployment(elsewhere: Elsewhere) -> None:
    elsewhere.order("refuse")
    told = f"^deployments.box: {elsewhere.host}: deployment.runtime must be one that is installed"
    with Hosts(spec(elsewhere)) as hosts, pytest.raises(ValueError, match=told):
        list(hosts.check({}))


@pytest.mark.slow
def test_what_it_cannot_time(elsewhere: Elsewhere) -> None:
    with Hosts(spec(elsewhere)) as hosts:
        for _ in range(2):
            hosts.measure(REFERENCE)
            hosts.forget(REFERENCE)
        elsewhere.order("miss")
        with pytest.raises(NotTimed, match=f"^box on {elsewhere.host}: RuntimeError: no room for it"):
            hosts.measure(REFERENCE)


@pytest.mark.slow
def test_a_latency_table_is_that_machines(elsewhere: Elsewhere) -> None:
    predicted = {
        "latency_tables": {"box": Path("box.json")},
        "objectives": ("accuracy", "predicted_relative_latency@box"),
    }
    there = elsewhere.deployment().on_its_machine

    def of(environment: object) -> LatencyTable:
        return table(environment=environment, deployment=there)

    with Hosts(spec(elsewhere, **predicted)) as hosts:
        assert hosts.spec.timed_elsewhere == ()
        assert len(list(hosts.check({"box": of(ELSEWHERE)}))) == 1
        with pytest.raises(ValueError, match=r"^box\.json was measured on Table A.*; this is Table B"):
            list(hosts.check({"box": of(ENVIRONMENT)}))
    assert elsewhere.timed == []


@pytest.mark.slow
def test_it_measures_where_a_deployment_lives(elsewhere: Elsewhere) -> None:
    study, here = spec(elsewhere), remeasured_score(REFERENCE, "cpu")
    with Hosts(study) as hosts:
        measure_at = hosts.measuring(lambda *_: here)
        assert measure_at(REFERENCE, "cpu", study.deployments["cpu"], study) is here
        assert measure_at(REFERENCE, "box", study.deployments["box"], study) == remeasured_score(REFERENCE, "box")
    assert elsewhere.timed == [REFERENCE.id]
