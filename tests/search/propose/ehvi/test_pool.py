"""Pools hold each network once."""

import optuna
import pytest

from modsearch.search.propose.ehvi import network_pool
from modsearch.search.propose.proposer import suggest
from modsearch.space import SearchSpace
from tests.conformance.tabulated import NUM_SMALL, SMALL_SPACE, SPACE
from tests.search.propose.ehvi.plain import NUM_POINTS, pool

DEEP = {"standard": list(range(1, 9)), "mod": list(range(9))}
MIXED = SPACE | {
    "depths": [{"standard": [1, 2], "mod": [0, 1, 2]}, {"standard": [1], "mod": [0, 1]}, {"standard": [1], "mod": [0]}]
}
LARGE = SPACE | {"depths": [DEEP] * 3, "c_per": "stage", "placements": ["alternating", "free"]}


def test_aliases_are_one_candidate() -> None:
    found = pool()
    assert len(found) == NUM_POINTS
    assert found.find({"x": 3, "sign": 0}) == found.find({"x": 3, "sign": 1}) == 3
    assert found.find({"y": 3}) is None


@pytest.mark.slow
@pytest.mark.parametrize("space", [SMALL_SPACE, MIXED])
@pytest.mark.parametrize("more", [{}, {"c_per": "stage", "selections": ["learned", "first"], "c": [4, 16]}])
def test_a_small_space_is_listed_whole_and_each_network_once(space: dict[str, object], more: dict[str, object]) -> None:
    found = SearchSpace.model_validate(space | more)
    candidates = network_pool(found, seed=0)
    wanted = {found.decode(point).id for point in found.points()}
    assert sorted(found.decode(point).id for point in candidates.points) == sorted(wanted)
    assert len(wanted) >= NUM_SMALL


def test_all_points_of_a_network_mean_one_candidate() -> None:
    space = SearchSpace.model_validate(MIXED)
    candidates = network_pool(space, seed=0)
    of_network: dict[str, set[int | None]] = {}
    for point in space.points():
        of_network.setdefault(space.decode(point).id, set()).add(candidates.find(point))
    assert all(len(indices) == 1 for indices in of_network.values())


@pytest.mark.slow
def test_a_large_space_is_drawn_and_grows_around_what_is_asked_for() -> None:
    space = SearchSpace.model_validate(LARGE)
    candidates, again = network_pool(space, seed=0), network_pool(space, seed=0)
    assert candidates.points == again.points
    before = len(candidates)
    assert 1000 < before <= 2000
    assert candidates.grow(0)
    assert not candidates.grow(0)
    for point in candidates.points[before:]:
        assert sum(point[name] != candidates.points[0][name] for name in point) == 1
    assert len(candidates.features) == len(candidates) > before


def test_candidates_can_be_asked_for() -> None:
    space = SearchSpace.model_validate(SMALL_SPACE)
    candidates = network_pool(space, seed=0)
    study = optuna.create_study(directions=["maximize", "minimize"])
    for point in candidates.points:
        study.enqueue_trial(dict(point))
        assert dict(suggest(study.ask(), space)) == point
    assert candidates.distributions == study.ask(candidates.distributions).distributions
