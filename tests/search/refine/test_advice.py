"""What single swaps of a network do: what the search measured, and what its model says once it has learnt enough."""

from math import log
from pathlib import Path

import pytest

from modsearch.architecture import Architecture
from modsearch.search import Adviser, load_study
from modsearch.search.refine.advice import FEWEST_LEARNT
from tests.conformance.tabulated import SMALL_SPACE, accuracy, cost, study_spec
from tests.search.refine.refining import refine, search


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search of as many networks as it takes."""
    folder = tmp_path_factory.mktemp("run") / "run"
    search(folder, study_spec(budget={"trials": FEWEST_LEARNT + 10}))
    return folder


def test_a_model_tells_what_nobody_trained(run: Path) -> None:
    study = load_study(str(run))
    scored = {trial.architecture for trial in study.trials() if trial.architecture}
    network = max(scored, key=lambda one: (one.num_light_blocks, one.id))
    info = Adviser(study).swaps(network)
    assert info.num_unknown == 0
    predicted = [effect for effect in info.effects if effect.accuracy.basis == "predicted"]
    assert {effect.swap.architecture for effect in predicted} == {
        effect.swap.architecture for effect in info.effects
    } - scored
    assert len(predicted) >= 5
    for of, told in (
        (accuracy, [effect.accuracy for effect in predicted]),
        (log_cost, [effect.log_cost for effect in predicted]),
    ):
        ends = [one.difference.interval() for one in told]
        true = [of(effect.swap.architecture) - of(network) for effect in predicted]
        hits = [low <= difference <= high for (low, high), difference in zip(ends, true, strict=True)]
        assert sum(hits) >= 0.8 * len(hits)


def log_cost(network: Architecture) -> float:
    return log(cost(network))


def test_few_networks_tell_nothing_of_others(tmp_path: Path) -> None:
    search(tmp_path / "run", study_spec(budget={"trials": FEWEST_LEARNT - 1}))
    study = load_study(str(tmp_path / "run"))
    networks = [trial.architecture for trial in study.trials() if trial.architecture]
    found = [Adviser(study).swaps(network) for network in networks]
    assert all(effect.accuracy.basis == "measured" for info in found for effect in info.effects)
    assert all(info.num_unknown > 0 for info in found)


def test_trainings_anew_are_taken_where_there_are_some(tmp_path: Path) -> None:
    search(tmp_path / "run", study_spec(space=SMALL_SPACE))
    refine(tmp_path / "run", seeds=2)
    study = load_study(str(tmp_path / "run"))
    networks = {trial.architecture for trial in study.trials() if trial.architecture}
    (network,) = (one for one in networks if one.masks[0] == (False, True, False))
    found = {effect.swap.change: effect for effect in Adviser(study).swaps(network).effects}
    assert found["removed"].accuracy.basis == "trained anew"
    assert found["removed"].log_cost.basis == "measured"
