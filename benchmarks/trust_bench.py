"""Whether what ``modsearch refine`` says may be believed: real trainings against other seeds of the same networks.

    python -m benchmarks.trust_bench

The 30 networks of the bench that have ten seeds. What two seeds say of membership is held against what the eight others
say, for each of five pairs of seeds; what three seeds say of a difference against that of the seven others. Writes
benchmarks/results/trust_bench.json:

- membership in five bins: the mean of what is said, that of what the others say, and the 95 % band in which the share
  of members would lie if what is said were true (binomial: networks of a bin taken as independent);
- how often the difference of the others lies within the interval that three seeds and the luck of the others give it.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import hypot
from pathlib import Path

import numpy as np
from scipy.stats import binom
from scipy.stats import t as student_t

from benchmarks.bench_table import MANY, Bench
from modsearch.analysis import Evidence, refined_info
from modsearch.record import Planned, RefinementPlan

RESULT = Path(__file__).parent / "results" / "trust_bench.json"
NUM_BINS = 5
OVERLAP = 0.1


def main() -> None:
    bench = Bench()
    found = {
        "networks": len(bench.many),
        "membership": list(bins([pair for seeds in pairs_of_seeds() for pair in memberships(bench, seeds)])),
        "differences": coverage([row for seeds in triples_of_seeds() for row in differences(bench, seeds)]),
    }
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def pairs_of_seeds() -> Iterator[list[int]]:
    yield from ([first, first + 1] for first in range(0, MANY, 2))


def triples_of_seeds() -> Iterator[list[int]]:
    yield from ([first, first + 1, first + 2] for first in range(0, MANY - 2, 3))


def evidence(bench: Bench, seeds: Sequence[int]) -> Evidence:
    """What these seeds say of the networks that have all."""
    planned = tuple(Planned(architecture=bench.networks[id_], roles=("near",)) for id_ in bench.many)
    plan = RefinementPlan(fidelity=bench.spec.fidelity, networks=planned)
    return Evidence(plan, bench.results(bench.many, seeds), {id_: bench.timings[id_] for id_ in bench.many}, OVERLAP)


def others(seeds: Sequence[int]) -> list[int]:
    return [number for number in range(MANY) if number not in seeds]


def memberships(bench: Bench, seeds: Sequence[int]) -> Iterator[tuple[float, float]]:
    """Of each network what these seeds say, and what the others do."""
    both = [refined_info(evidence(bench, some), bench.spec).networks for some in (seeds, others(seeds))]
    for said, true in zip(*both, strict=True):
        assert said.id == true.id
        if said.membership is not None and true.membership is not None:
            yield said.membership, true.membership


def differences(bench: Bench, seeds: Sequence[int]) -> Iterator[bool]:
    """For each pair of networks whether the two differences are as near as their errors say."""
    some, rest = evidence(bench, seeds), evidence(bench, others(seeds))
    for one, other in combinations(bench.many, 2):
        said, true = some.difference(one, other), rest.difference(one, other)
        reach = float(student_t.ppf(0.975, min(said.freedom, 1e6))) * hypot(said.error, true.error)
        yield abs(said.value - true.value) <= reach


def bins(pairs: Sequence[tuple[float, float]]) -> Iterator[dict[str, float | int]]:
    for index in range(NUM_BINS):
        own = [pair for pair in pairs if min(NUM_BINS - 1, int(NUM_BINS * pair[0])) == index]
        if own:
            said, true = np.mean(own, axis=0)
            low, high = binom.interval(0.95, len(own), said)
            yield {
                "num": len(own),
                "said": float(said),
                "others": float(true),
                "low": float(low) / len(own),
                "high": float(high) / len(own),
            }


def coverage(rows: Sequence[bool]) -> dict[str, float | int]:
    return {"num": len(rows), "within": float(np.mean(rows))}


if __name__ == "__main__":
    main()
