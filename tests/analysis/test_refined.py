"""What trainings anew say in small worlds: gains, controls and verdicts by hand."""

from math import inf, log

import numpy as np
import pytest
from scipy import stats

from modsearch.record import Refined, Score
from modsearch.statistic.ladder import rung
from modsearch.statistic.verdict import holm
from tests.analysis.small_refinement import (
    COST,
    FLAT,
    HIGH,
    LIGHT,
    LOW,
    PLAIN,
    Nums,
    Rows,
    each,
    found_of,
    info_of,
    ladder,
    planned,
    scored,
    shifted,
    trained,
    without_bits,
)


def test_before_the_first_training_nothing_is_said() -> None:
    rows = [(planned(PLAIN[index], "member", "drawn"), scored(float(index), proxy=0.5), ()) for index in range(3)]
    info = info_of([*rows, (planned(LIGHT[0], "chosen"), Score(metrics={}), ())])
    assert [network.id for network in info.networks] == [PLAIN[index].id for index in range(3)]  # one has no cost yet
    assert (info.study, info.cost.name, info.primary, info.num_primary) == ("small", COST, None, 0)
    for network in info.networks:
        assert (network.num_replicates, network.accuracy, network.gain, network.controls) == (0, None, None, {})
        assert (network.membership, network.near_membership, network.is_recovered) == (None, None, None)
        assert network.proxy is not None
    assert (info.honesty.proxy, info.honesty.close, info.honesty.ceiling, info.honesty.shallow) == (None,) * 4
    assert dict(info.honesty.counts) == {"gmacs": None, "params": None}
    assert info_of([]).networks == ()


def test_a_gain_over_the_ladder() -> None:
    """At a quarter of the way from 0.5 to 0.6 in the mean: 0.525 are expected."""
    rows = [
        *ladder((500, 510, 490), (600, 580, 620)),
        (planned(LIGHT[0], "member"), scored(0.25), (560, 540, 570)),
    ]
    gain = found_of(info_of(rows), LIGHT[0]).gain
    assert gain is not None
    assert gain.difference.value == pytest.approx((560 + 540 + 570) / 3000 - 0.75 * 0.5 - 0.25 * 0.6)
    assert (gain.num_replicates, gain.cost_ratio) == (3, 1)


def test_uncertain_costs_widen_a_gain() -> None:
    """By the slope of 0.1 a unit of log cost, for the network's own and its rungs' by their shares."""
    both = [
        found_of(
            info_of(
                [
                    *ladder((500, 510, 490), (600, 580, 620), error),
                    (planned(LIGHT[0], "member"), scored(0.25, 2 * error), (560, 540, 570)),
                ]
            ),
            LIGHT[0],
        ).gain
        for error in (0.0, 0.05)
    ]
    sure, unsure = (gain.difference.error**2 for gain in both if gain)
    assert unsure - sure == pytest.approx(0.1**2 * (0.1**2 + (0.75**2 + 0.25**2) * 0.05**2))
    place = rung(0.25, [0.0, 1.0])
    assert place is not None
    assert unsure - sure == pytest.approx(place.latency_variance([0.5, 0.6], [0.05**2] * 2, 0.1**2))


def test_uncertain_costs_are_not_settled_by_seeds() -> None:
    def to_settle(error: float) -> int | None:
        network = (planned(LIGHT[0], "member"), scored(0.5, error), (555, 545, 565))
        gain = found_of(info_of([*ladder((500, 510, 490), (600, 580, 620)), network], margin=0.001), LIGHT[0]).gain
        assert gain is not None
        return gain.num_to_settle

    assert (to_settle(0.0) or 0) > 3
    assert to_settle(0.1) is None  # of an accuracy of 0.01 as well


def test_no_gain_where_there_is_no_ladder() -> None:
    rows = [
        *ladder((500, 510, 490, None), (600, 580, None, 620)),
        (planned(LIGHT[0], "member"), scored(-0.1), (560, 540, 570)),  # below its lower end
        (planned(LIGHT[1], "member"), scored(1.1), (560, 540, 570)),  # above the upper one
        (planned(LIGHT[2], "member"), scored(0.5), (None, None, 570, 580)),  # not trained where both rungs were
        (planned(LIGHT[3], "member"), scored(0.5), ()),
        (planned(LIGHT[4], "member"), scored(0.5), (550, 560)),
        (planned(PLAIN[5], "ladder"), scored(0.7), ()),  # no rung before it is trained
    ]
    info = info_of(rows)
    assert [network.id for network in info.networks if network.gain] == [LIGHT[4].id]
    assert info.num_primary == 1


def test_a_network_at_a_rung_needs_no_other_one() -> None:
    rows = [*ladder((500, 510), (None, None, 600)), (planned(LIGHT[0], "member"), scored(0.0), (520, 550))]
    gain = found_of(info_of(rows), LIGHT[0]).gain
    assert gain is not None
    assert gain.difference.value == pytest.approx((0.02 + 0.04) / 2)


def test_images_that_are_not_recorded_leave_no_gain() -> None:
    rows = [*ladder(FLAT, shifted(FLAT, 100)), (planned(LIGHT[0], "member"), scored(0.5), shifted(FLAT, 80))]
    plain = [result for network, _, nums in rows[:2] for result in each(network.architecture, *nums)]
    network = found_of(info_of(rows, [*plain, *map(without_bits, each(LIGHT[0], *rows[2][2]))]), LIGHT[0])
    assert network.gain is None
    assert network.accuracy is not None
    assert network.accuracy.value == pytest.approx(0.58)
    assert network.membership is not None


def test_single_trainings_have_no_verdicts() -> None:
    rows = [
        *ladder((500,), (600,)),
        (planned(LIGHT[0], "member"), scored(0.5), (560,)),
        (planned(LIGHT[1], "control", control_of={LIGHT[0].id: "random"}), scored(0.5), (550,)),
    ]
    info = info_of(rows)
    assert info.primary is None
    for network in info.networks:
        assert (network.gain, network.controls, network.membership) == (None, {}, None)
        assert network.accuracy is not None
        assert network.accuracy.freedom == pytest.approx(2)


def test_a_replicate_that_failed_is_left_out() -> None:
    rows = [*ladder(FLAT, shifted(FLAT, 100)), (planned(LIGHT[0], "member"), scored(0.5), (600, None, None, 580))]
    network = found_of(info_of(rows), LIGHT[0])
    assert network.num_replicates == 2
    assert network.gain is not None
    assert network.gain.num_replicates == 2
    assert network.gain.difference.value == pytest.approx(0.59 - 0.55)


def test_a_network_against_its_controls() -> None:
    """Costs of controls that the search did not score are those of their own first training."""
    one, other = (
        planned(LIGHT[index], "control", control_of={LIGHT[0].id: kind})
        for index, kind in ((1, "random"), (2, "deleted"))
    )
    cost = scored(log(0.8)).metrics
    rows = [
        (planned(LIGHT[0], "member"), scored(log(0.6)), (600, 610, 620, None)),
        (one, Score(metrics={}), (None, 600, 610, 620)),
        (other, Score(metrics={}), ()),
    ]
    results = [*each(LIGHT[0], *rows[0][2]), *each(LIGHT[1], *rows[1][2])]
    results.append(trained(LIGHT[1], 9, [1, 0], **cost))
    controls = found_of(info_of(rows, results), LIGHT[0]).controls
    assert list(controls) == ["random"]
    held = controls["random"]
    assert held.difference.value == pytest.approx(0.01)
    assert held.num_replicates == 2
    assert held.cost_ratio == pytest.approx(0.75)


def test_verdicts_are_adjusted_for_each_other() -> None:
    """A gain of 0.02 in four replicates that vary by 0.01: its p-value of 0.02 is enough alone, beside another not."""
    alone = [
        (planned(LOW, "ladder"), scored(0.0), (500,) * 4),
        (planned(LIGHT[0], "member"), scored(0.0), (530, 510, 530, 510)),
    ]
    held = found_of(info_of(alone), LIGHT[0]).gain
    assert held is not None
    expected = stats.ttest_1samp([30, 10, 30, 10], 0, alternative="greater").pvalue
    assert held.difference.above(0) == pytest.approx(expected)
    assert held.verdict == "better"
    info = info_of([*alone, (planned(LIGHT[1], "member"), scored(0.0), (520, 480, 490, 510))])
    gains = [network.gain for network in info.networks if network.gain]
    p_values = [gain.difference.above(0) for gain in gains]
    assert len(gains) == 2
    assert 0.0125 < p_values[0] < 0.025
    assert [gain.verdict for gain in gains] == ["inconclusive", "inconclusive"]
    assert holm(p_values)[0] > 0.025


def test_the_margin_tells_what_is_equivalent() -> None:
    rows = [
        (planned(LOW, "ladder"), scored(0.0), FLAT),
        (planned(LIGHT[0], "member"), scored(0.0), (501, 509, 491, 499)),
    ]
    wide, narrow = (found_of(info_of(rows, margin=margin), LIGHT[0]).gain for margin in (0.01, 0.001))
    assert wide is not None
    assert narrow is not None
    assert (wide.verdict, wide.num_to_settle) == ("equivalent", 4)
    assert narrow.verdict == "inconclusive"
    assert (narrow.num_to_settle or 0) > 4


def members(first: Nums, second: Nums, error: float = 0.0) -> Rows:
    return [
        *ladder((500, 510, 490), (600, 580, 620), error),
        (planned(LIGHT[0], "member"), scored(0.25), first),
        (planned(LIGHT[1], "member", "published"), scored(0.75), second),
        (planned(PLAIN[4], "member"), scored(0.5), (700, 700, 700)),  # plain
        (planned(LIGHT[3], "near"), scored(0.5), (700, 700, 700)),  # no member
        (planned(LIGHT[4], "member"), scored(1.5), (700, 700, 700)),  # beyond the ladder
    ]


def test_the_primary_test_is_that_of_the_mean_gain_of_members() -> None:
    info = info_of(members((560, 540, 570), (600, 590, 640)))
    gains = [found_of(info, LIGHT[index]).gain for index in (0, 1)]
    assert info.primary is not None
    assert info.num_primary == 2
    assert info.primary.num_replicates == 3
    assert info.primary.difference.value == pytest.approx(np.mean([gain.difference.value for gain in gains if gain]))
    # of a quarter and three quarters of the ladder it is half of each end: the replicates give these differences
    mean_R = [(560 + 600) / 2 - 550, (540 + 590) / 2 - 545, (570 + 640) / 2 - 555]
    assert info.primary.difference.value == pytest.approx(np.mean(mean_R) / 1000)


def test_rungs_that_members_share_do_not_average_out() -> None:
    """Of both ends by half each, whose log costs have a variance of 0.05 ** 2, at a slope of 0.1."""
    both = [info_of(members((560, 540, 570), (600, 590, 640), error)).primary for error in (0.0, 0.05)]
    sure, unsure = (held.difference.error**2 for held in both if held)
    assert unsure - sure == pytest.approx(0.1**2 * (0.5**2 + 0.5**2) * 0.05**2)


def test_the_primary_test_is_not_adjusted() -> None:
    alone = [
        (planned(LOW, "ladder"), scored(0.0), (500,) * 4),
        (planned(LIGHT[0], "member"), scored(0.0), (530, 510, 530, 510)),
    ]
    info = info_of([*alone, (planned(LIGHT[1]), scored(0.0), (520, 480, 490, 510))])
    gain = found_of(info, LIGHT[0]).gain
    assert gain is not None
    assert info.primary is not None
    assert info.primary.difference == gain.difference
    assert (gain.verdict, info.primary.verdict) == ("inconclusive", "better")


def test_no_member_is_dropped_for_want_of_a_common_replicate() -> None:
    info = info_of(members((560, 540, None), (None, None, 640)))
    assert [bool(found_of(info, LIGHT[index]).gain) for index in (0, 1)] == [True, True]
    assert (info.primary, info.num_primary) == (None, 2)


def test_images_that_replicates_share_limit_a_gain() -> None:
    """At an overlap of 1 no replicate takes off what the choice of images does; nothing else varies here."""
    rows = [(planned(LOW, "ladder"), scored(0.0), (500,) * 4), (planned(LIGHT[0], "member"), scored(0.0), (504,) * 4)]
    apart, same = (found_of(info_of(rows, overlap=overlap), LIGHT[0]).gain for overlap in (0.0, 1.0))
    assert apart is not None
    assert same is not None
    assert same.difference.error == pytest.approx(2 * apart.difference.error)
    assert (same.difference.freedom, same.num_to_settle) == (inf, 4)  # it is within the margin


def world(generator: np.random.Generator, num_replicates: int) -> tuple[Rows, list[Refined]]:
    """Networks whose true gain over the ladder is 0.02: images are as hard for all, and each training has its luck."""
    rungs = [(planned(LOW, "ladder"), scored(0.0), 0.5), (planned(HIGH, "ladder"), scored(1.0), 0.6)]
    others = [(planned(LIGHT[index], "member"), scored(0.2 * index), 0.52 + 0.02 * index) for index in range(6)]
    results = []
    for replicate in range(1, num_replicates + 1):
        hardness_N = generator.uniform(0, 1, 400)
        shift = generator.normal(0, 0.03)
        for network, _, level in (*rungs, *others):
            reached_N = hardness_N + generator.normal(0, 0.1, 400)
            is_right_N = reached_N < level + shift + generator.normal(0, 0.01)
            results.append(trained(network.architecture, replicate, is_right_N.astype(int).tolist()))
    return [(network, score, ()) for network, score, _ in (*rungs, *others)], results


@pytest.mark.slow
@pytest.mark.parametrize("num_replicates", [2, 3])
def test_intervals_of_gains_cover(num_replicates: int) -> None:
    generator, covered = np.random.default_rng(0), []
    for _ in range(40):
        info = info_of(*world(generator, num_replicates))
        assert info.primary is not None
        held = [network.gain for network in info.networks if network.gain]
        for difference in (gain.difference for gain in held):
            low, high = difference.interval()
            covered.append(low <= 0.02 <= high)
    assert len(covered) == 40 * 6
    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)
