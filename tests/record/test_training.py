"""What tells the request of one training from that of another."""

import re
from pathlib import Path

import pytest

from modsearch.space import Digits, ImageFolder
from tests.analysis.trained import recipe, request

DEEP = "/images/" + "of/many/kinds/" * 8


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"processes": 2}, "processes '1' instead of '2'"),
        ({"recipe": recipe(seed=7)}, "recipe.seed '0' instead of '7'"),
        ({"data": Digits()}, "data .* instead of .*digits.*"),
        ({"data": ImageFolder(path=Path(DEEP + "cat"), holdout=0.2)}, r"data.holdout '0.0' instead of '0.2'"),
    ],
)
def test_the_first_difference_is_named_by_its_field(changes: dict[str, object], said: str) -> None:
    known = {"data": ImageFolder(path=Path(DEEP + "cat"))}
    found = request(**known).difference(request(**(known | changes)))
    assert re.fullmatch(said, found)


def test_of_long_paths_both_ends_are_shown() -> None:
    one, other = (request(data=ImageFolder(path=Path(DEEP + end))) for end in ("cat", "dog"))
    found = one.difference(other)
    assert found.startswith("data.path '/images/of/many/kinds/")
    assert "/cat' instead of" in found
    assert found.endswith("/dog'")
    assert len(found) < 160
