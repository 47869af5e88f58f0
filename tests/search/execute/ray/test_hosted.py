"""Workers of a cluster train networks that another machine times."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ray.cluster_utils import Cluster

from modsearch.record import Trial
from modsearch.search import Context, Hosts, Listener, RunPlace, load_study, open_run
from modsearch.search.execute.ray import RayExecutor
from modsearch.search.execute.ray.mailbox import Mailbox
from modsearch.space import Ray, StudySpec
from tests.conformance.remeasured import remeasured_score
from tests.conformance.tabulated import NUM_CLASSES
from tests.search.execute.hosted import LATENCY, HereEvaluator, hosted_spec
from tests.search.retime.conftest import Elsewhere, box, elsewhere, ssh_server

pytestmark = [pytest.mark.ray, pytest.mark.timeout(120)]
__all__ = ["box", "elsewhere", "ssh_server"]


class OnlyThereEvaluator(HereEvaluator):
    """Nothing is timed here."""

    def measure(self, architecture: Any) -> Any:
        score = super().measure(architecture)
        return score.model_copy(update={"metrics": {"params": score.metrics["params"]}, "timed": {}, "speedups": {}})


def search(spec: StudySpec, cluster: Cluster, folder: Path, make: Any) -> list[Trial]:
    with Hosts(spec) as hosts, open_run(spec, make(), RunPlace(folder), hosts) as study:
        context = Context(study, make(), make, folder, Listener(), hosts=hosts)
        RayExecutor(context, Ray(address=cluster.address, cpus_per_trial=1)).run()
    return [trial for trial in load_study(str(folder)).trials() if trial.state == "complete" and not trial.is_repeat]


def test_each_network_has_both_latencies(cluster: Cluster, elsewhere: Elsewhere, tmp_path: Path) -> None:
    elsewhere.order("slow", "0.5")
    trials = search(hosted_spec(elsewhere), cluster, tmp_path / "run", HereEvaluator)
    assert len(trials) == 5
    for trial in trials:
        assert trial.architecture
        assert trial.score
        assert trial.score.metrics[LATENCY] == remeasured_score(trial.architecture).metrics["relative_latency"]
        assert "relative_latency@cpu" in trial.score.metrics
    weights = {path.name.partition("-")[0] for path in (tmp_path / "run" / "weights").iterdir()}
    assert weights == {trial.architecture.id for trial in trials if trial.architecture}


def test_nothing_is_timed_here(cluster: Cluster, elsewhere: Elsewhere, tmp_path: Path) -> None:
    deployments = {"box": elsewhere.deployment(num_classes=NUM_CLASSES).model_dump()}
    spec = hosted_spec(elsewhere, deployments=deployments, objectives=("accuracy", "relative_latency"))
    trials = search(spec, cluster, tmp_path / "run", partial(OnlyThereEvaluator))
    assert len(trials) == 5
    assert not spec.is_timed_here


def test_a_worker_hears_what_was_timed_meanwhile() -> None:
    mailbox, score = Mailbox(), remeasured_score(hosted_reference())
    assert mailbox.timed(3) is None
    mailbox.put_timed(3, score)
    assert mailbox.timed(3) == score


def hosted_reference() -> Any:
    from modsearch.architecture import preset

    return preset("resnet20_cifar").architecture
