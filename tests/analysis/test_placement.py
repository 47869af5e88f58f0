"""Where light blocks stand, by hand; and what changes of a block do, against simulated studies whose truth is known."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import exp, log2
from statistics import fmean

import numpy as np
import pytest

from modsearch.analysis import (
    BlockChange,
    FrontInfo,
    FrontPoint,
    LightSize,
    PlacementEffect,
    PlacementInfo,
    front_info,
    placement_info,
)
from modsearch.architecture import Architecture, Block, MoD, Narrow, Standard
from modsearch.record import Trial
from tests.analysis.small_study import SPEC, TRIALS, TWO_PLACES, at_two_places, network, score, trial

NUM_STUDIES = 200
OF_STANDARD, OF_LIGHT, OF_SIZE = (0.01, 0.02, 0.03), (0.004, -0.002, 0.0), {4: 0.0, 8: -0.003, 16: -0.006}
STAGES = range(3)
Truth = Callable[[Architecture], float]


def built(standard: Sequence[int], light: Sequence[int], block: Block | None = None, **more: object) -> Architecture:
    """Stage by stage so many standard blocks, then so many light ones."""
    own = block or MoD(c=4)
    stages = tuple((Standard(),) * num + (own,) * num_light for num, num_light in zip(standard, light, strict=True))
    fields = {"backbone": "resnet_basic", "stem": "cifar", "widths": (16, 32, 64), "stages": stages}
    return Architecture.model_validate(fields | more)


def drawn(num: int, blocks: Sequence[Block] = (MoD(c=4),), seed: int = 0, **more: object) -> list[Architecture]:
    generator, found = np.random.default_rng(seed), dict[str, Architecture]()
    num_stages = len(more.get("widths", STAGES))  # type: ignore[arg-type]
    while len(found) < num:
        standard, light = generator.integers(1, 4, num_stages), generator.integers(0, 3, num_stages)
        one = built(standard.tolist(), light.tolist(), blocks[generator.integers(len(blocks))], **more)
        found.setdefault(one.id, one)
    return list(found.values())


def studied(networks: Sequence[Architecture], truth: Truth) -> PlacementInfo:
    """Its cost is e to the tenfold of its accuracy."""
    return placement_info(front_info(trials_of(networks, truth), SPEC))


def trials_of(networks: Sequence[Architecture], truth: Truth) -> list[Trial]:
    values = [truth(one) for one in networks]
    return [
        trial(number, one, score(value, exp(10 * value)))
        for number, (one, value) in enumerate(zip(networks, values, strict=True))
    ]


def num_standard(one: Architecture) -> list[int]:
    return [mask.count(False) for mask in one.masks]


def num_light(one: Architecture) -> list[int]:
    return [sum(mask) for mask in one.masks]


def accuracy(one: Architecture) -> float:
    """By what is taken for true: its stages, and c where all its light blocks have the same."""
    c = next((int(block.c) for stage in one.stages for block in stage if isinstance(block, MoD)), 4)
    of_standard = sum(slope * log2(num) for slope, num in zip(OF_STANDARD, num_standard(one), strict=True))
    of_light = sum(slope * num for slope, num in zip(OF_LIGHT, num_light(one), strict=True))
    return 0.6 + of_standard + of_light + OF_SIZE[c] * one.num_light_blocks


def effect(info: PlacementInfo, kind: str, stage: int | None = None, value: object = None) -> PlacementEffect:
    asked = (kind, stage, value)
    [found] = [one for one in info.effects if (one.change.kind, one.change.stage, size(one.change)) == asked]
    return found


def size(change: BlockChange) -> Fraction | None:
    return change.size.value if change.size else None


def one_more(networks: Sequence[Architecture], stage: int) -> float:
    """By how much log2 of the number of standard blocks grows in the middle of the networks."""
    return log2(1 + 1 / fmean(num_standard(one)[stage] for one in networks))


def test_slots_are_counted() -> None:
    found = {(slot.stage, slot.position): slot for slot in placement_info(front_info(TRIALS, SPEC)).slots}
    counts = {
        place: (slot.num_front, slot.num_front_light, slot.num_scored, slot.num_scored_light)
        for place, slot in found.items()
    }
    # On the front SSS-SSS-SSS, S-S-S, SS-S-S and SMS-S-S; dominated S-SM-SM.
    expected = {(stage, 0): (4, 0, 5, 0) for stage in STAGES}
    expected |= {(0, 1): (3, 1, 3, 1), (0, 2): (2, 0, 2, 0)}
    expected |= {(stage, position): (1, 0, 3 - position, 2 - position) for stage in (1, 2) for position in (1, 2)}
    assert counts == expected
    assert list(found) == sorted(found)


def test_effects_without_noise_are_the_truth() -> None:
    networks = drawn(40, [MoD(c=c) for c in (4, 4, 4, 8, 16)])
    info = studied(networks, accuracy)
    assert info.usual_size == LightSize("MoD", "c", Fraction(4))
    assert [changed.value for changed in info.sizes] == [4, 8, 16]
    assert info.unknown == ()
    truths = {("light", stage, None): slope for stage, slope in enumerate(OF_LIGHT)}
    truths |= {("standard", stage, None): slope * one_more(networks, stage) for stage, slope in enumerate(OF_STANDARD)}
    truths |= {("size", None, c): OF_SIZE[c] for c in (8, 16)}
    for asked, truth in truths.items():
        found = effect(info, *asked)
        assert found.accuracy.value == pytest.approx(truth, abs=1e-9)
        assert found.log_cost.value == pytest.approx(10 * truth, abs=1e-9)
    assert len(info.effects) == len(truths)


def test_effects_are_those_of_least_squares() -> None:
    networks, generator = drawn(30), np.random.default_rng(1)
    values = {one.id: accuracy(one) + generator.normal(0, 0.01) for one in networks}
    info = studied(networks, lambda one: values[one.id])
    columns = [[1.0, *num_light(one), *map(log2, num_standard(one))] for one in networks]
    slopes = np.linalg.lstsq(np.array(columns), np.array([values[one.id] for one in networks]), rcond=None)[0]
    for stage in STAGES:
        assert effect(info, "light", stage).accuracy.value == pytest.approx(slopes[1 + stage])
        expected = slopes[4 + stage] * one_more(networks, stage)
        assert effect(info, "standard", stage).accuracy.value == pytest.approx(expected)
        assert effect(info, "standard", stage).log_cost.value == pytest.approx(10 * expected)


def test_intervals_hold_where_networks_of_many_light_blocks_scatter_more() -> None:
    generator, hits = np.random.default_rng(3), []
    for seed in range(5):
        networks = drawn(32, [MoD(c=c) for c in (4, 4, 8, 16)], seed)
        info = front_info(trials_of(networks, accuracy), SPEC)
        true = placement_info(info).effects
        for _ in range(NUM_STUDIES // 5):
            found = placement_info(noisy(info, generator)).effects
            hits.append([is_hit(*pair) for pair in zip(found, true, strict=True)])
    share_E2 = np.mean(hits, axis=0)
    assert share_E2.shape == (8, 2)
    assert (share_E2 > 0.9).all()
    assert (share_E2.mean(axis=0) < 0.99).all()


def noisy(info: FrontInfo, generator: np.random.Generator) -> FrontInfo:
    """The same networks trained and timed with luck, whoever is on the front then."""

    def drawn_again(point: FrontPoint) -> FrontPoint:
        scatter = 1 + point.architecture.num_light_blocks
        value = point.scores["accuracy"].value + scatter * generator.normal(0, 0.003)
        cost = point.scores["relative_latency"].value * exp(scatter * generator.normal(0, 0.01))
        known = (point.scores["accuracy"], value), (point.scores["relative_latency"], cost)
        again = [measured.model_copy(update={"value": own}) for measured, own in known]
        metrics = dict(zip(("accuracy", "relative_latency"), again, strict=True))
        return replace(point, score=point.score.model_copy(update={"metrics": metrics}))

    return replace(info, members=(), others=tuple(map(drawn_again, info.points)))


def is_hit(found: PlacementEffect, true: PlacementEffect) -> tuple[bool, bool]:
    assert found.change == true.change
    (low, high), (low_cost, high_cost) = found.accuracy.interval(), found.log_cost.interval()
    return low <= true.accuracy.value <= high, low_cost <= true.log_cost.value <= high_cost


def test_what_was_only_tried_together_is_unknown_and_the_rest_is_told() -> None:
    """Light blocks in the first two stages at once, never in the last, which always has one block."""
    generator = np.random.default_rng(2)
    counts = {(a, b, both) for a in (1, 2, 3) for b in (1, 2, 3) for both in (0, 1, 2)}
    networks = [built((a, b, 1), (both, both, 0)) for a, b, both in sorted(counts)]
    values = {one.id: accuracy(one) + generator.normal(0, 0.01) for one in networks}
    info = studied(networks, lambda one: values[one.id])
    unknown = [*(BlockChange("light", stage) for stage in STAGES), BlockChange("standard", 2)]
    assert list(info.unknown) == unknown
    assert [one.change for one in info.effects] == [BlockChange("standard", 0), BlockChange("standard", 1)]
    columns = [[1.0, num_light(one)[0], *map(log2, num_standard(one)[:2])] for one in networks]
    slopes = np.linalg.lstsq(np.array(columns), np.array([values[one.id] for one in networks]), rcond=None)[0]
    assert info.effects[0].accuracy.value == pytest.approx(slopes[2] * one_more(networks, 0))
    assert info.num_needed == 4 + 5  # of nine columns four do not follow from others


def test_a_size_of_two_networks_is_unknown_and_moves_nothing_else() -> None:
    networks = drawn(30)
    odd = [built((1, 2, 3), (1, 1, 1), MoD(c=16)), built((3, 2, 1), (1, 0, 1), MoD(c=16))]
    rare = LightSize("MoD", "c", Fraction(16))
    info = studied([*networks, *odd], lambda one: accuracy(one) + 0.1 * one.num_light_blocks * (one in odd))
    assert info.sizes[rare] == 2
    assert info.unknown == (BlockChange("size", size=rare),)
    for stage, slope in enumerate(OF_LIGHT):
        assert effect(info, "light", stage).accuracy.value == pytest.approx(slope, abs=1e-9)
    third = built((2, 2, 2), (0, 1, 0), MoD(c=16))
    assert studied([*networks, *odd, third], accuracy).unknown == ()


def test_a_network_has_the_size_of_most_of_its_blocks_of_any_kind() -> None:
    half, networks = Narrow(ratio="1/2"), drawn(30)
    narrow = [built((num, 1, 1), (2, 0, 0), half) for num in (1, 2, 3)]
    narrow.append(with_last(narrow[0], MoD(c=4)))
    mod = with_last(built((3, 3, 3), (2, 0, 0)), half)
    info = studied([*networks, mod, *narrow], lambda one: accuracy(one) + 0.01 * one.num_light_blocks * (one in narrow))
    assert info.sizes[LightSize("Narrow", "ratio", Fraction(1, 2))] == 4
    assert info.sizes[LightSize("MoD", "c", Fraction(4))] == 1 + sum(one.num_light_blocks > 0 for one in networks)
    assert effect(info, "size", value=Fraction(1, 2)).accuracy.value == pytest.approx(0.01, abs=1e-9)


def with_last(one: Architecture, block: Block) -> Architecture:
    """With another block at its end."""
    *others, last = one.stages
    return one.model_copy(update={"stages": (*others, (*last, block))})


def test_too_few_networks_tell_nothing() -> None:
    networks = drawn(12)
    enough, few = studied(networks, accuracy), studied(networks[:-1], accuracy)
    assert (enough.num_networks, enough.num_needed) == (12, 7 + 5)
    assert (len(enough.effects), enough.unknown) == (6, ())
    assert (few.num_networks, few.num_needed, few.effects) == (11, 12, ())
    assert set(few.unknown) == {one.change for one in enough.effects}
    assert few.slots


def test_plain_networks_have_a_heat_map_alone() -> None:
    plain = {one.deleted().id: one.deleted() for one in drawn(60)}
    info = studied(list(plain.values()), accuracy)
    assert info.num_networks >= info.num_needed
    assert (info.effects, info.sizes, info.usual_size) == ((), {}, None)
    assert {slot.num_scored_light for slot in info.slots} == {0}
    assert max(slot.num_scored for slot in info.slots) == len(plain)


def test_a_study_without_networks_says_nothing() -> None:
    info = placement_info(front_info((), SPEC))
    assert (info.slots, info.effects, info.unknown, info.num_networks) == ((), (), (), 0)


def test_backbones_have_levels_of_their_own_and_stages_by_index() -> None:
    vgg = {"backbone": "vgg_bn", "widths": (16, 32, 64, 64)}
    slopes = (*OF_LIGHT, 0.005)

    def truth(one: Architecture) -> float:
        of_standard = 0.02 * sum(map(log2, num_standard(one)))
        return len(one.stages) / 10 + of_standard + sum(map(float.__mul__, slopes, map(float, num_light(one))))

    alone = network("SMM", "S", "S").with_width(0.5)  # none has its widths: it may be anything
    networks = [*drawn(20), *drawn(20, **vgg)]
    info = studied([*networks, alone], lambda one: 0.05 if one == alone else truth(one))
    assert (info.num_networks, info.num_needed, info.unknown) == (40, 2 + 4 + 4 + 5, ())
    for stage, slope in enumerate(slopes):
        there = [one for one in networks if stage < len(one.stages)]
        assert effect(info, "light", stage).accuracy.value == pytest.approx(slope, abs=1e-9)
        found = effect(info, "standard", stage).accuracy.value
        assert found == pytest.approx(0.02 * one_more(there, stage), abs=1e-9)
    firsts = {slot.stage: slot.num_scored for slot in info.slots if slot.position == 0}
    assert firsts == {0: 41, 1: 41, 2: 41, 3: 20}


def test_of_two_costs_the_first_counts() -> None:
    trials = trials_of(drawn(20), accuracy)
    info = placement_info(front_info(at_two_places(trials), TWO_PLACES))  # at the second one plain networks cost less
    assert info.cost.name == "relative_latency@batch_1"
    for stage, slope in enumerate(OF_LIGHT):
        assert effect(info, "light", stage).log_cost.value == pytest.approx(10 * slope, abs=1e-9)
