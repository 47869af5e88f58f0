"""Pick rates, entropies and information of tiny picks, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from modsearch.analysis import chosen_classes, selection_info
from modsearch.architecture import Architecture, MoD, Standard
from modsearch.record import BlockPicks, NetworkPicks
from tests.analysis.small_study import SPEC

CHANNELS = 4
NAMES = ("bird", "cat", "dog", "frog")


def network(*blocks, num_channels=CHANNELS):
    stage = (Standard(), *blocks)
    return Architecture(
        backbone="resnet_basic",
        stem="cifar",
        widths=(num_channels, 8, 16),
        stages=(stage, (Standard(),), (Standard(),)),
    )


def sets(*channels):
    """One row an image: the channels that it picks."""
    picked_NC = np.zeros((len(channels), CHANNELS), dtype=bool)
    for image, picked in enumerate(channels):
        picked_NC[image, list(picked)] = True
    return picked_NC


def look(picked_NC, labels, chosen=(), block=None, tied=None):
    """The info of a network whose one MoD block picked these sets."""
    block = block or MoD(c=CHANNELS / int(picked_NC[0].sum()), reduction=2)
    architecture = network(block, num_channels=picked_NC.shape[1])
    is_tied_N = np.zeros(len(labels), dtype=bool) if tied is None else np.array(tied)
    picks = BlockPicks(0, 1, picked_NC, is_tied_N)
    found = NetworkPicks(architecture, np.array(labels), NAMES, 0.5, (picks,))
    return selection_info(found, architecture, SPEC, chosen)


def test_rates_and_shares_by_hand():
    info = look(sets((0, 1), (0, 1), (0, 2), (0, 2)), [0, 0, 1, 1], tied=[True, False, False, False])
    [block] = info.blocks
    assert block.rate_C.tolist() == [1, 0.5, 0.5, 0]
    assert block.share_C.tolist() == [0.5, 0.25, 0.25, 0]
    assert block.rate_KC[:2].tolist() == [[1, 1, 0, 0], [1, 0, 1, 0]]
    assert np.isnan(block.rate_KC[2:]).all()
    assert block.channels_by_rate.tolist() == [0, 1, 2, 3]
    assert (block.never_picked, block.num_sets, block.other_set, block.tied) == (0.25, 2, 0.5, 0.25)
    assert block.entropy_bits == pytest.approx(1.5)  # 1/2 log 2 + 2 * 1/4 log 4
    assert block.entropy_range_bits == (1, 2)
    assert block.overlap == pytest.approx(0.75)  # half of the pairs share both channels, half of them one
    assert (info.num_images, info.class_entropy_bits) == (4, 1)


def test_a_constant_set_tells_nothing():
    [block] = look(sets(*[(1, 3)] * 8), [0, 1, 2, 3] * 2).blocks
    assert (block.num_sets, block.other_set, block.overlap) == (1, 0, 1)
    assert block.entropy_bits == block.entropy_range_bits[0] == 1
    assert block.set_information.bits == block.channel_information.bits == 0
    assert not block.depends_on_class


def test_a_set_for_each_class_tells_the_class():
    labels = [0, 1, 2, 3] * 200
    info = look(sets(*[(label,) for label in labels]), labels)
    [block] = info.blocks
    assert info.class_entropy_bits == 2
    assert block.set_information.measured_bits == pytest.approx(2)
    assert block.set_information.bits == pytest.approx(2, abs=0.02)
    # of one channel: H(1/4) = 2 - 3/4 log2 3
    assert block.channel_information.measured_bits == pytest.approx(2 - 0.75 * math.log2(3))
    assert block.depends_on_class


def test_few_images_do_not_invent_information():
    """Six sets, drawn whatever the class, over 40 images: the plug-in estimate alone claims a fifth of a bit."""
    generator = np.random.default_rng(7)
    labels = generator.integers(0, 4, 40)
    picked = [generator.choice(CHANNELS, 2, replace=False) for _ in labels]
    [block] = look(sets(*picked), labels).blocks
    assert block.set_information.measured_bits > 0.2
    assert block.set_information.bits < 0.1
    assert not block.depends_on_class


def test_the_most_telling_channel_is_found():
    labels = [0, 1] * 50
    generator = np.random.default_rng(1)
    picked = [(2 + label, generator.integers(0, 2)) for label in labels]  # 2 or 3 by the class, 0 or 1 by a coin
    [block] = look(sets(*picked), labels).blocks
    assert block.channel in (2, 3)
    assert block.channel_information.measured_bits == pytest.approx(1)


def test_chance_is_drawn_alike_every_time():
    labels = [0, 1, 1, 0, 2, 3]
    picked = sets((0,), (1,), (2,), (3,), (0,), (1,))
    assert look(picked, labels).blocks[0].set_information == look(picked, labels).blocks[0].set_information


def test_blocks_that_select_nothing_are_listed():
    architecture = network(MoD(c=2), MoD(c=2, selection="random"), MoD(c=2, selection="first"), MoD(c=1))
    picks = BlockPicks(0, 1, sets((0, 1)), np.array([False]))
    info = selection_info(NetworkPicks(architecture, np.array([0]), NAMES, 1.0, (picks,)), architecture, SPEC)
    assert [block.slot.index for block in info.blocks] == [1]
    assert [slot.index for slot in info.fixed] == [2, 3, 4]
    assert not any(slot.selects for slot in info.fixed)


def test_classes_are_chosen_by_name_or_number():
    assert chosen_classes(["dog", "0", "dog"], NAMES) == (2, 0)
    assert chosen_classes(["3"], ("1", "2", "3", "5")) == (2,)  # a name comes before a number
    with pytest.raises(ValueError, match=r"classes must be .* from 0 to 3\. Got 'cot' instead\. Did you mean 'cat'\?"):
        chosen_classes(["cot"], NAMES)


def test_class_names_may_have_commas_and_quotes():
    names = ("tench, Tinca tinca", "cat", 'the "big" one', "tench", "Tinca tinca", 'a", b')
    assert chosen_classes(["cat,tench,Tinca tinca"], names) == (1, 3, 4)
    assert chosen_classes(["tench, Tinca tinca", "cat"], names) == (0, 1)  # given alone, a name is a name
    assert chosen_classes(['cat, "tench, Tinca tinca",3 '], names) == (1, 0, 3)
    assert chosen_classes(['the "big" one'], names) == (2,)
    assert chosen_classes(['cat,"the ""big"" one"', 'a", b'], names) == (1, 2, 5)
    assert chosen_classes(["", "cat,,"], names) == (1,)
    with pytest.raises(ValueError, match=r"Got 'tench, Tinca tinka' instead\. Did you mean 'tench, Tinca tinca'\?"):
        chosen_classes(['"tench, Tinca tinka"'], names)
    with pytest.raises(ValueError, match=r"classes must be names with commas between .* Got 'cat,\"tench' instead"):
        chosen_classes(['cat,"tench'], names)


def test_a_chosen_class_without_images_is_refused():
    with pytest.raises(ValueError, match=r"images must be enough for one of class 'frog'\. Got 2 instead\."):
        look(sets((0,), (1,)), [0, 1], chosen=(3,))


def test_information_of_many_sets_is_neither_invented_nor_lost():
    """1,000 sets follow the class for 62 % of 5,000 images, the others are drawn whatever it is: 2.07 bits."""
    generator = np.random.default_rng(3)
    share, channels = 2.07 / math.log2(10), 14
    labels = generator.integers(0, 10, 5000)
    by_class = labels * 100 + generator.integers(0, 100, 5000)
    code = np.where(generator.random(5000) < share, by_class, 1000 + generator.integers(0, 1000, 5000))
    bit_NC = code[:, None] >> np.arange(channels) & 1
    picked = np.concatenate([bit_NC, 1 - bit_NC], axis=1).astype(bool)  # each code is a set of 14 of 28 channels
    names = tuple(map(str, range(10)))
    architecture = network(MoD(c=2, reduction=2), num_channels=2 * channels)
    picks = BlockPicks(0, 1, picked, np.zeros(5000, dtype=bool))
    [block] = selection_info(NetworkPicks(architecture, labels, names, 0.5, (picks,)), architecture, SPEC).blocks
    assert block.num_sets > 1500
    assert block.set_information.bits == pytest.approx(2.07, abs=0.15)
    assert block.set_information.measured_bits - block.set_information.chance_bits < 1.5


def test_sets_that_no_two_images_share_cannot_tell():
    generator = np.random.default_rng(5)
    bit_NC = np.arange(400)[:, None] >> np.arange(9) & 1
    picked_NC = np.concatenate([bit_NC, 1 - bit_NC], axis=1).astype(bool)
    [block] = look(picked_NC, generator.integers(0, 4, 400), block=MoD(c=2, reduction=2)).blocks
    assert block.num_sets == 400
    assert block.set_information.bits is None
    assert not block.set_information.is_known
    assert block.channel_information.is_known
