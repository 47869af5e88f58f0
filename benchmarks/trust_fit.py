"""What the bench says of accuracies: the hierarchical model from which studies are simulated.

    python -m benchmarks.trust_fit

An image is right where a network's worth, the luck of its training, how easy the image is and what the two alone make
of it are above 0 together. Writes benchmarks/results/trust_fit.json; benchmarks/trust_world.py draws from it.
"""

import json
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from benchmarks.bench_table import FEW, Bench
from benchmarks.mod_bench import NUM_FRONT, picked
from modsearch.analysis import Evidence
from modsearch.analysis.difference import correct_images
from modsearch.record import Planned, RefinementPlan

RESULT = Path(__file__).parent / "results" / "trust_fit.json"
_NUM_PAIRS = 500
_CLOSE = 0.03


@dataclass(frozen=True)
class Fit:
    """Of a hierarchical model of accuracies.

    Attributes:
        luck: deviation of a network's accuracy over trainings, without its images.
        agreement: correlation of what two networks make of an image, on a normal scale.
        own: deviation of networks on the front or near it around what is usual at their latency.
        level: accuracy of plain networks at the reference's latency.
        slope: by how much it rises with the natural logarithm of latency.
        num_images: that accuracies are measured on.
    """

    luck: float
    agreement: float
    own: float
    level: float
    slope: float
    num_images: int


def fitted() -> Fit:
    """As it was written."""
    return Fit(**json.loads(RESULT.read_text()))


def fit(bench: Bench) -> Fit:
    ids = [id_ for id_ in bench.networks if all((id_, number) in bench.trainings for number in range(FEW))]
    plan = RefinementPlan(
        fidelity=bench.spec.fidelity,
        networks=tuple(Planned(architecture=bench.networks[id_], roles=("chosen",)) for id_ in ids),
    )
    luck = Evidence(plan, bench.results(ids, range(FEW)), {}, plan.fidelity.validation).luck
    accuracy_M = np.array([np.mean([bench.accuracy(id_, number) for number in range(FEW)]) for id_ in ids])
    log_M = np.array([bench.log_latency(id_) for id_ in ids])
    is_plain_M = np.array([not bench.networks[id_].num_light_blocks for id_ in ids])
    slope, level = np.polyfit(log_M[is_plain_M], accuracy_M[is_plain_M], 1)
    near = [ids.index(id_) for id_ in picked(bench)[:NUM_FRONT]]
    around = accuracy_M[near] - np.polyval(np.polyfit(log_M[near], accuracy_M[near], 2), log_M[near])
    return Fit(
        luck=float(np.sqrt(luck.variance)),
        agreement=agreement(bench, ids),
        own=float(np.sqrt(max(0.0, around.var(ddof=3) - luck.variance / FEW))),
        level=float(level),
        slope=float(slope),
        num_images=bench.trainings[ids[0], 0].metrics["accuracy"].num_samples,
    )


def agreement(bench: Bench, ids: list[str]) -> float:
    """That gives as many images which one of two networks of about equal accuracy gets right and the other does not."""
    bits = {id_: correct_images(bench.trainings[id_, 0]) for id_ in ids}
    close = [pair for pair in combinations(ids, 2) if abs(np.subtract(*(np.mean(bits[id_]) for id_ in pair))) < _CLOSE]
    pairs = [close[index] for index in np.random.default_rng(0).permutation(len(close))[:_NUM_PAIRS]]
    apart = float(np.mean([np.mean(bits[one] != bits[other]) for one, other in pairs]))
    right = float(np.mean([np.mean(bits[id_]) for pair in pairs for id_ in pair]))

    def excess(correlation: float) -> float:
        both = multivariate_normal(cov=[[1, correlation], [correlation, 1]]).cdf([ndtri(right)] * 2)
        return 2 * (right - float(both)) - apart

    return float(brentq(excess, 0.01, 0.99))


def main() -> None:
    found = asdict(fit(Bench()))
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
