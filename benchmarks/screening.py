"""Screening replayed on recorded learning curves: training time saved, and whether the front stays as it was.

The networks of docs/results/cifar10_resnet_small (24, trained to the end) are judged in the order in which they were
found, and in random orders. Networks without MoD blocks, which are what others are held against, are never stopped.

    python benchmarks/screening.py [--orders 1000]
"""

import argparse
import json
import random
from pathlib import Path
from statistics import median

from modsearch.architecture import Architecture
from modsearch.record import Epoch, Measurement, Score, Trial, pareto_front
from modsearch.search.screen import Curves, Rival, Screen
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


def front(trials: list[Trial], spec: StudySpec) -> list[Trial]:
    return [
        trials[index]
        for index in pareto_front([each.score.values(spec.objectives) for each in trials], spec.directions)
    ]


def replay(trials: list[Trial], spec: StudySpec) -> dict:
    """Judge the networks one after the other; those that are stopped are unknown to the ones that follow."""
    finished, curves = list[Trial](), Curves()
    saved_s, num_stopped = 0.0, 0
    for trial in trials:
        curve = trial.score.learning_curve
        rivals = [Rival(each.architecture.id, each.score.values(spec.objectives)) for each in front(finished, spec)]
        screen = Screen(spec, tuple(curves.lines), tuple(rivals))
        is_exempt = trial.architecture.num_mod_blocks == 0
        epochs = range(1, len(curve) + 1)
        stop = None if is_exempt else next((n for n in epochs if screen.reason(trial.score, curve[:n])), None)
        if stop is None:
            finished.append(trial)
            curves.add(trial.score)
        else:
            num_stopped += 1
            saved_s += sum(each.seconds for each in curve[stop:])
    ids = {trial.number for trial in front(trials, spec)}
    return {
        "stopped": num_stopped,
        "time_saved": saved_s / sum(each.seconds for trial in trials for each in trial.score.learning_curve),
        "front_unchanged": ids == {trial.number for trial in front(finished, spec)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "screening.json")
    arguments = parser.parse_args()
    spec = load_spec("cifar10_resnet_small")
    trials = [to_trial(number, network) for number, network in enumerate(json.loads(RECORD.read_text()))]
    generator = random.Random(0)
    recorded = replay(trials, spec)
    others = [replay(generator.sample(trials, len(trials)), spec) for _ in range(arguments.orders)]
    report = {
        "networks": len(trials),
        "recorded_order": recorded,
        "random_orders": {
            "orders": arguments.orders,
            "median_stopped": median(each["stopped"] for each in others),
            "median_time_saved": median(each["time_saved"] for each in others),
            "fronts_unchanged": sum(each["front_unchanged"] for each in others) / len(others),
        },
    }
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
