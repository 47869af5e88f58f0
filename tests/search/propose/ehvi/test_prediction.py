"""What the sampler's model says of networks that nobody trained."""

from math import inf
from random import Random

import numpy as np

from modsearch.architecture import Architecture
from modsearch.search.propose.ehvi import Prediction, network_pool
from tests.conformance.tabulated import accuracy, study_spec

SPACE = study_spec().space
NOISE = 0.01


def drawn(num: int) -> list[Architecture]:
    generator, found = Random(0), dict[str, Architecture]()
    while len(found) < num:
        network = SPACE.decode(SPACE.draw(generator))
        found[network.id] = network
    return list(found.values())


def test_differences_of_single_trainings_lie_in_their_intervals() -> None:
    networks, luck = drawn(160), np.random.default_rng(0)
    known, unknown = networks[:60], networks[60:]
    noisy = [(network, accuracy(network) + NOISE * luck.standard_normal()) for network in known]
    model, hits, close = Prediction(SPACE, network_pool(SPACE, 0), noisy), 0, 0
    for network, estimate in zip(unknown, model.differences(known[0], unknown), strict=True):
        true = accuracy(network) - accuracy(known[0])
        low, high = estimate.interval()
        hits += low <= true + NOISE * luck.normal(scale=2**0.5) <= high
        close += abs(estimate.value - true) < 0.03
        assert estimate.freedom == inf
        assert estimate.error >= NOISE  # the luck of both is in it
    assert hits >= 80
    assert close > 80


def test_a_network_differs_from_itself_by_luck_alone() -> None:
    networks = drawn(40)
    model = Prediction(SPACE, network_pool(SPACE, 0), [(network, accuracy(network)) for network in networks])
    itself, other = model.differences(networks[0], networks[:2])
    assert itself.value == 0
    assert itself.error < other.error
