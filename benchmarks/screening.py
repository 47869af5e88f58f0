"""Screening replayed on recorded learning curves: training time saved, and whether the front stays as it was.

The networks of docs/results/cifar10_resnet_small, trained to the end, are judged in random orders by the search's own
code, which exempts the reference, published networks and the controls of networks that have reached the front; also in
the order of the search. Networks that the search itself stopped have no whole curve, and are not among them.

    python benchmarks/screening.py [--orders 1000]
"""

import argparse
import json
import random
from pathlib import Path
from statistics import median

from modsearch.architecture import Architecture
from modsearch.record import Epoch, Measurement, Score, Trial
from modsearch.search.propose.history import History
from modsearch.search.propose.yardstick import Yardsticks
from modsearch.space import StudySpec, load_spec

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "results" / "cifar10_resnet_small" / "networks.json"


def to_trial(number: int, network: dict) -> Trial:
    metrics = {
        name: Measurement(value=network[name][0], low=network[name][1], high=network[name][2], unit="")
        for name in ("accuracy", "relative_latency")
    }
    seconds = network["train_seconds"] / len(network["curve"])
    curve = tuple(Epoch(loss=0.0, accuracy=accuracy, seconds=seconds) for accuracy in network["curve"])
    architecture = Architecture.model_validate(network["architecture"])
    return Trial(
        number=number, state="complete", architecture=architecture, score=Score(metrics=metrics, learning_curve=curve)
    )


def replay(trials: list[Trial], spec: StudySpec) -> dict:
    """Judge the networks one after the other; those that are stopped are unknown to the ones that follow."""
    history, yardsticks = History(spec), Yardsticks(spec)
    saved_s, num_stopped = 0.0, 0
    for trial in trials:
        curve = trial.score.learning_curve
        is_exempt = not spec.screening or trial.architecture in yardsticks
        screen = None if is_exempt else history.screen()
        epochs = range(1, len(curve) + 1)
        stop = next((n for n in epochs if screen is not None and screen.reason(trial.score, curve[:n])), None)
        if stop is None:
            history.add(trial)
            yardsticks.add_controls(member for member in history.front if member.number == trial.number)
        else:
            num_stopped += 1
            saved_s += sum(epoch.seconds for epoch in curve[stop:])
    return {
        "stopped": num_stopped,
        "time_saved": saved_s / sum(epoch.seconds for trial in trials for epoch in trial.score.learning_curve),
        "front": {member.number for member in history.front},
    }


def show(found: list[dict], true_front: set[int]) -> dict:
    """Medians over orders."""
    return {
        "orders": len(found),
        "median_stopped": median(outcome["stopped"] for outcome in found),
        "median_time_saved": median(outcome["time_saved"] for outcome in found),
        "fronts_unchanged": sum(outcome["front"] == true_front for outcome in found) / len(found),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "screening.json")
    arguments = parser.parse_args()
    spec = load_spec("cifar10_resnet_small")
    networks = json.loads(RECORD.read_text())
    trials = [to_trial(network["trial"], network) for network in networks]
    generator = random.Random(0)
    true_front = replay(trials, spec.with_overrides({"screening": False}))["front"]
    shuffled = (generator.sample(trials, len(trials)) for _ in range(arguments.orders))
    report = {
        "networks": len(trials),
        "random_orders": show([replay(order, spec) for order in shuffled], true_front),
        "order_of_the_search": show([replay(sorted(trials, key=lambda trial: trial.number), spec)], true_front),
    }
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
