"""How far a selection depends on the image, worked out by hand."""

import numpy as np
import pytest

from modsearch.record import BlockPicks, Measurement, Score, Selectivity

SETS = {"a": [1, 1, 0, 0], "b": [0, 1, 1, 0], "c": [0, 0, 1, 1]}


def picks(sets: str, num_tied: int = 0) -> BlockPicks:
    picked_NC = np.array([SETS[name] for name in sets], dtype=bool)
    return BlockPicks(2, 1, picked_NC, np.arange(len(sets)) < num_tied)


@pytest.mark.parametrize(
    ("sets", "num_tied", "tied", "other_set"),
    [("aaaa", 4, 1.0, 0.0), ("aaab", 1, 0.25, 0.25), ("abca", 0, 0.0, 0.5), ("abc" * 4, 3, 0.25, 2 / 3)],
)
def test_the_shares_of_tied_images_and_of_other_sets(sets: str, num_tied: int, tied: float, other_set: float) -> None:
    found = picks(sets, num_tied).selectivity()
    assert (found.stage, found.index) == (2, 1)
    assert found.tied == pytest.approx(tied)
    assert found.other_set == pytest.approx(other_set)


def score(*other_sets: float) -> Score:
    blocks = (Selectivity(stage=0, index=1, tied=0.0, other_set=other_set) for other_set in other_sets)
    return Score(metrics={"params": Measurement.exact(1, "parameters")}, selectivity=tuple(blocks))


@pytest.mark.parametrize(
    ("other_sets", "hardly"),
    [((), False), ((0.0,), True), ((0.049,), True), ((0.05,), False), ((0.0, 0.5), True), ((0.0, 0.5, 0.5), False)],
)
def test_half_of_the_selectors_must_look_at_the_image(other_sets: tuple[float, ...], hardly: bool) -> None:
    assert score(*other_sets).hardly_selects is hardly


def test_a_later_score_keeps_what_is_known_of_the_selection() -> None:
    known, new = score(0.3), Score(metrics={"params": Measurement.exact(2, "parameters")})
    assert known.merged(new).selectivity == new.merged(known).selectivity == known.selectivity
