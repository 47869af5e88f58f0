"""The interval of a prediction, over many tables of known costs: as many timings lie in it as it says."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from modsearch.architecture import Architecture, Part, network_parts
from modsearch.record import TimedNetwork
from modsearch.scoring.latency_table import CostModel, draw_networks, list_parts
from modsearch.space import load_spec

NUM_TABLES, NUM_CALIBRATION, NUM_HELD_OUT = 40, 40, 100
SPACE = load_spec("cifar10_resnet_small").space
LISTED = list_parts(SPACE)
OF_PARTS = LISTED.networks()
DRAWN = draw_networks(SPACE, NUM_CALIBRATION + NUM_HELD_OUT, 0, OF_PARTS)
NUM_IN_TABLE = len(OF_PARTS) + NUM_CALIBRATION
PARTS = {network.id: network_parts(network) for network in (*OF_PARTS, *DRAWN)}
COST_MS = {"frame": 3.0, "standard": 0.85, "mod": 0.5, "run": 0.15}


def sum_of(network: Architecture, cost: Mapping[Part, float]) -> float:
    return sum(number * cost[part] for part, number in PARTS[network.id].items())


class Machine:
    """Latencies that are sums of drawn costs, but for what no sum explains, and timings of them.

    Args:
        seed: of everything.
        unexplained: deviation of a latency from the sum, as a fraction.
        noise: of a timing, as a fraction.
        num_bad: networks of the table that are timed with twenty times the noise.
    """

    def __init__(self, seed: int, unexplained: float, noise: float, num_bad: int) -> None:
        generator = np.random.default_rng(seed)
        cost_ms = {part: COST_MS[part.kind] * generator.uniform(0.7, 1.3) for part in LISTED.parts}
        self.networks = [*OF_PARTS, *(DRAWN[index] for index in generator.permutation(len(DRAWN)))]
        sum_N = np.array([sum_of(network, cost_ms) for network in self.networks]) / 10
        noise_N = noise * generator.uniform(0.7, 1.4, len(sum_N))
        noise_N[generator.permutation(NUM_IN_TABLE)[:num_bad]] *= 20
        off_N = generator.normal(0, unexplained, len(sum_N)) + generator.normal(0, noise_N)
        self.timed_N, self.noise_N = sum_N * np.exp(off_N), noise_N

    def table_and_errors(self) -> tuple[float, float, float]:
        """What the table says of its error, the share of held-out timings within it, and the error it should say."""
        ends = zip(self.networks, self.timed_N.tolist(), self.noise_N.tolist(), strict=True)
        timed = [
            TimedNetwork(
                architecture=network,
                role="part" if index < len(OF_PARTS) else "calibration",
                relative_latency=value,
                low=value * math.exp(-1.96 * noise),
                high=value * math.exp(1.96 * noise),
            )
            for index, (network, value, noise) in enumerate(ends)
        ]
        model = CostModel(LISTED.parts, timed[:NUM_IN_TABLE])
        cost = {part_cost.part: part_cost.value for part_cost in model.costs()}
        predicted_H = np.array([sum_of(network, cost) for network in self.networks[NUM_IN_TABLE:]])
        error_H = np.abs(np.log(predicted_H / self.timed_N[NUM_IN_TABLE:]))
        said = model.log_error()
        return said, float((error_H <= said).mean()), float(np.quantile(error_H, 0.95))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unexplained", "noise", "num_bad"),
    [
        (0.007, 0.005, 0),
        (0.007, 0.005, 6),
        (0.007, 0.005, 18),  # of 59
        (0.002, 0.005, 12),
        (0.02, 0.005, 12),  # more than the model expects
        (0.007, 0.02, 0),  # all are timed badly: so are those that come
    ],
)
def test_95_percent_of_new_timings_lie_in_the_interval(unexplained: float, noise: float, num_bad: int) -> None:
    found = [Machine(seed, unexplained, noise, num_bad).table_and_errors() for seed in range(NUM_TABLES)]
    said_T, share_T, needed_T = map(np.array, zip(*found, strict=True))
    assert 0.93 <= share_T.mean() <= 0.97
    assert np.median(said_T / needed_T) < 1.25
    assert (said_T / needed_T).max() < 3
