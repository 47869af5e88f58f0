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
    for image, each in enumerate(channels):
        picked_NC[image, list(each)] = True
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
    assert [each.slot.index for each in info.blocks] == [1]
    assert [each.index for each in info.fixed] == [2, 3, 4]
    assert not any(each.selects for each in info.fixed)


def test_classes_are_chosen_by_name_or_number():
    assert chosen_classes(["dog", "0", "dog"], NAMES) == (2, 0)
    assert chosen_classes(["3"], ("1", "2", "3", "5")) == (2,)  # a name comes before a number
    with pytest.raises(ValueError, match=r"classes must be .* from 0 to 3\. Got 'cot' instead\. Did you mean 'cat'\?"):
        chosen_classes(["cot"], NAMES)


def test_a_chosen_class_without_images_is_refused():
    with pytest.raises(ValueError, match=r"images must be enough for one of class 'frog'\. Got 2 instead\."):
        look(sets((0,), (1,)), [0, 1], chosen=(3,))
