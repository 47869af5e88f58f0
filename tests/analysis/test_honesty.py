"""How far a search is to be believed, by trainings anew whose order is chosen."""

from collections.abc import Sequence
from math import sqrt

import pytest

from tests.analysis.small_refinement import LIGHT, PLAIN, Rows, info_of, planned, scored


def drawn(proxies: Sequence[float], firsts: Sequence[int], seconds: Sequence[int | None]) -> Rows:
    rows = []
    for index, (proxy, *nums) in enumerate(zip(proxies, firsts, seconds, strict=True)):
        score = scored(0.02 * index, proxy=proxy, gmacs=-float(index), params=1.0)
        rows.append((planned(PLAIN[index], "drawn"), score, tuple(nums)))
    return rows


def test_how_far_the_search_is_to_be_believed() -> None:
    """Of nine networks, each better than the one before: 36 pairs, of which 8 are neighbours in cost."""
    firsts = [500 + 10 * index for index in range(9)]
    proxies = [0.3 + 0.01 * index for index in range(9)]
    swapped = [proxies[1], proxies[0], *proxies[2:]]
    honesty = info_of(drawn(swapped, firsts, firsts[::-1])).honesty
    assert honesty.proxy is not None  # all means are equal
    assert honesty.proxy.tau == 0
    assert honesty.ceiling is not None
    assert (honesty.ceiling.tau, honesty.ceiling.num_pairs) == (-1, 36)
    same = info_of(drawn(swapped, firsts, firsts)).honesty
    assert same.proxy is not None
    assert (same.proxy.tau, same.proxy.num_pairs) == (pytest.approx(34 / 36), 36)
    assert same.ceiling is not None
    assert same.ceiling.tau == 1
    assert same.close is None  # 8 pairs
    rows = [(network, score, (*nums, *nums[::-1])) for network, score, nums in drawn(swapped, firsts, firsts[::-1])]
    assert info_of(rows).honesty.ceiling == honesty.ceiling  # of the first two
    counts = {name: found.tau for name, found in same.counts.items() if found}
    assert counts == {"gmacs": -1, "params": 0}
    fewer = info_of(drawn(swapped, firsts, [*firsts[:7], None, None])).honesty
    assert fewer.ceiling is None  # 21 pairs
    assert fewer.proxy is not None


def test_networks_of_nearly_equal_cost_are_compared_unless_their_accuracy_chose_them() -> None:
    """Two groups of six and seven: 15 and 21 pairs within 3 % of cost, in the order of the proxy and against it."""
    rows = []
    for index in range(12):
        group, place = divmod(index, 6)
        proxy = 0.3 + 0.01 * (place if group else -place)
        score = scored(1.0 * group + 0.004 * place, proxy=proxy)
        rows.append((planned(PLAIN[index], "published"), score, (500 + 10 * place, 510 + 10 * place)))
    rows.append((planned(LIGHT[0], "published"), scored(0.0, proxy=0.9), (800, 800)))
    rows.append((planned(LIGHT[1], "published"), scored(0.0), (800, 800)))  # was not scored by an accuracy
    rows.append((planned(LIGHT[2], "member"), scored(0.0, proxy=0.1), (900, 900)))  # not drawn, but chosen
    honesty = info_of(rows).honesty
    assert honesty.close is not None
    assert honesty.close.num_pairs == 36
    assert honesty.close.tau == pytest.approx((15 - 15 + 6) / 36)
    assert honesty.proxy is None


def shallow_rows(num: int) -> Rows:
    """The search judges deleted forms by 0.02, 0.03 and 0.04 better than their networks, refinement by 0.01 worse."""
    rows = []
    for index in range(num):
        rows.append((planned(LIGHT[index], "drawn"), scored(1.0, proxy=0.5), (600, 610)))
        rows.append((planned(PLAIN[index]), scored(0.5, proxy=0.52 + 0.01 * index), (590, 600)))
    return rows


def test_whether_the_search_favours_shallow_networks() -> None:
    found = info_of(shallow_rows(3)).honesty.shallow
    assert found is not None
    assert found.value == pytest.approx(0.04)
    assert found.error == pytest.approx(0.01 / sqrt(3))
    assert found.freedom == 2
    assert info_of(shallow_rows(1)).honesty.shallow is None
    members = [(row[0].model_copy(update={"roles": ("member",)}), *row[1:]) for row in shallow_rows(3)]
    assert info_of(members).honesty.shallow is None  # the search has judged them too well
    unpaired = [row for row in shallow_rows(3) if row[0].id not in (PLAIN[0].id, PLAIN[1].id)]
    assert info_of(unpaired).honesty.shallow is None
