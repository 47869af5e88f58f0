"""A refinement on a real cluster: its trainings run side by side, and no task is done twice."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from modsearch.search import (
    Context,
    LocalExecutor,
    RefinementLog,
    RefineSource,
    Request,
    RunPlace,
    load_study,
    open_for_refinement,
    open_run,
    prepare,
)
from modsearch.search.execute.ray import RayExecutor
from modsearch.space import Ray
from tests.conformance.lucky import LuckyEvaluator
from tests.conformance.tabulated import study_spec

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own files
]


def test_a_refinement_trains_each_network_once_a_seed(cluster: Cluster, tmp_path: Path) -> None:
    """Controls are measured between the trainings, in the process of the search."""
    evaluator, folder = LuckyEvaluator(), tmp_path / "run"
    with open_run(study_spec(budget={"trials": 8}), evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()
    here = LuckyEvaluator()
    with open_for_refinement(str(folder)) as (study, _):
        request = Request(study.spec.fidelity, seeds=3, has_controls=True)
        refinement = prepare(study, request, here.measure)
        make_source = partial(RefineSource, refinement=refinement)
        context = Context(study, here, LuckyEvaluator, folder, make_source=make_source)
        assert RayExecutor(context, Ray(address=cluster.address)).run() == "exhausted"
    assert here.tasks == []  # the workers train
    assert len(here.measured) == len(set(here.measured))
    results = RefinementLog(load_study(str(folder))).results
    keys = Counter(result.task.key for result in results)
    assert set(keys.values()) == {1}
    for network in refinement.plan.networks:
        assert 2 <= sum(key.startswith(network.id) for key in keys) <= 3
        if network.control_of:
            assert {f"{network.id}-{seed}-{refinement.plan.fidelity.tag}" for seed in (1, 2, 3)} <= keys.keys()
    for key in keys:
        assert (folder / "weights" / f"{key}.safetensors").is_file()
