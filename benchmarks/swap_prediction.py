"""How far the sampler's model is to be believed about networks that nobody trained: its intervals against the bench.

    python -m benchmarks.swap_prediction

The model learns from so many networks of the bench, of one training each. Then it says by how much the others differ
from those of the same backbone and widths that it knows: in accuracy, and in the logarithm of relative latency. An
accuracy is held against the mean of the other trainings of both networks. Writes
benchmarks/results/swap_prediction.json: how often the 95 % intervals hold what was measured, and how wide they are
beside what is right for all networks alike: the spread of the differences.
"""

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np

from benchmarks.bench_table import Bench
from modsearch.architecture import Architecture
from modsearch.search.propose.ehvi import Pool, Prediction, network_pool

RESULT = Path(__file__).parent / "results" / "swap_prediction.json"
SIZES, NUM_DRAWS, MOST_PAIRS = (15, 30, 60), 10, 400
METRICS = ("accuracy", "log relative latency")


def main() -> None:
    bench = Bench()
    found = {name: {str(size): rates(bench, name, size) for size in SIZES} for name in METRICS}
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def rates(bench: Bench, metric: str, size: int) -> dict[str, float | int]:
    """Over several draws of the networks that are learnt from."""
    rows = np.array([row for seed in range(NUM_DRAWS) for row in compared(bench, metric, size, seed)])
    true, said, low, high = rows.T
    return {
        "num": len(rows),
        "coverage": float(np.mean((low <= true) & (true <= high))),
        "half_width": float(np.mean(high - low)) / 2,
        "spread": 1.96 * float(np.std(true)),
        "correlation": float(np.corrcoef(true, said)[0, 1]),
    }


def compared(bench: Bench, metric: str, size: int, seed: int) -> Iterator[list[float]]:
    """True difference, the one that is said, and its interval; of pairs of a known and an unknown network."""
    generator = Random(seed)
    ids = generator.sample(list(bench.networks), len(bench.networks))
    known, unknown = ids[:size], ids[size:]
    values = [(bench.networks[name], value(bench, metric, name, range(1))) for name in known]
    model = Prediction(bench.spec.space, pool(), values)
    pairs = [
        pair for pair in product(known, unknown) if family(bench.networks[pair[0]]) == family(bench.networks[pair[1]])
    ]
    for one, other in generator.sample(pairs, min(MOST_PAIRS, len(pairs))):
        (estimate,) = model.differences(bench.networks[one], [bench.networks[other]])
        others = range(1, 10)
        true = value(bench, metric, other, others) - value(bench, metric, one, others)
        yield [true, estimate.value, *estimate.interval()]


@cache
def pool() -> Pool:
    """Of the bench's space, built once."""
    spec = Bench().spec
    return network_pool(spec.space, spec.seed)


def family(network: Architecture) -> tuple[str, tuple[int, ...]]:
    return network.stem, network.widths


def value(bench: Bench, metric: str, name: str, replicates: range) -> float:
    """In the mean of the replicates that there are."""
    if metric != "accuracy":
        return bench.log_latency(name)
    return fmean(bench.accuracy(name, number) for number in replicates if (name, number) in bench.trainings)


if __name__ == "__main__":
    main()
