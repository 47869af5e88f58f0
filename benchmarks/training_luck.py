"""What moves a proxy's accuracy: the number of threads, the version of torch, or the draw of the initial weights.

One network is trained again and again on the same images in the same order with the same crops. Between two runs of a
pair one thing differs, and the mean over the pairs of how far their accuracies lie apart says what that does:

    initial weights   the seed of the initial weights: what any search has
    threads           the number of CPU threads, with the same initial weights: sums are added up in another order
    one rounding      nothing but the initial weights of the first convolution, each moved to the next number that
                      float32 has: the least that can differ
    torch             the version of torch, with the same initial weights and threads

    python benchmarks/training_luck.py --data FOLDER [--seeds 6] [--threads 1 2 3 4] [--images-per-class 300]

FOLDER holds one folder of images for each class. A run that the JSON file holds already is not run again: interrupted,
the same command goes on; called with the Python of an environment with another torch, it adds that one's runs (it must
find the images decoded: with another torchvision they may be decoded otherwise).
"""

import argparse
import json
import math
import time
from collections import Counter
from itertools import combinations
from pathlib import Path
from statistics import mean, median

import torch

from modsearch.architecture import Architecture
from modsearch.images import Batches, Split, load_split
from modsearch.models import build
from modsearch.models.device import keep_freed_memory, pinned_threads, processor
from modsearch.space import Fidelity, ImageFolder, load_spec
from modsearch.training import fit

THREADS = 2
_VARIED = ("torch", "seed", "threads", "is_nudged")
Run = dict[str, object]


def network() -> Architecture:
    """``[S | S | S]``, the smallest network of cifar10_resnet_small."""
    return load_spec("cifar10_resnet_small").space.cheapest()


def train(split: Split, fidelity: Fidelity, seed: int, is_nudged: bool) -> dict[str, float]:
    """Loss and accuracy after the last epoch."""
    torch.manual_seed(seed)
    model = build(network(), len(split.class_names), fidelity.image_size)
    if is_nudged:
        weight = next(model.parameters())
        weight.data = torch.nextafter(weight.data, torch.full_like(weight, math.inf))
    torch.use_deterministic_algorithms(True)
    with pinned_threads(fidelity.threads):
        batches = Batches(split, fidelity, torch.device("cpu"), seed=0)
        curve, correct_N = fit(model, batches, fidelity)
    return {"loss": curve[-1].loss, "accuracy": correct_N.double().mean().item()}


def plan(seeds: int, threads: list[int]) -> list[Run]:
    """The runs of this torch, so that pairs are whole as early as can be."""
    version = torch.__version__.partition("+")[0]
    return [
        {"torch": version, "seed": seed, "threads": count, "is_nudged": is_nudged}
        for seed in range(seeds)
        for count, is_nudged in [*((count, False) for count in threads), (THREADS, True)]
    ]


def distances(runs: list[Run]) -> dict[str, dict[str, float]]:
    """For each thing that may differ, how far accuracies lie apart where it alone does, in points.

    All but the versions of torch are compared under the one that has the most runs.
    """
    [(usual, _)] = Counter(run["torch"] for run in runs).most_common(1)
    accuracy = {tuple(run[name] for name in _VARIED): run["accuracy"] for run in runs}
    found: dict[str, list[float]] = {}
    for one, other in combinations(accuracy, 2):
        differing = [name for name, a, b in zip(_VARIED, one, other, strict=True) if a != b]
        is_plain = not (one[3] or other[3])
        if "torch" not in differing and one[0] != usual:
            continue
        if differing == ["is_nudged"]:
            label = "one rounding"
        elif differing == ["seed"] and is_plain and one[2] == THREADS:
            label = "initial weights"
        elif differing == ["threads"] and is_plain:
            label = f"threads {min(one[2], other[2])} and {max(one[2], other[2])}"
        elif differing == ["torch"] and is_plain and one[2] == THREADS:
            label = f"torch {' and '.join(sorted((one[0], other[0])))}"
        else:
            continue
        found.setdefault(label, []).append(100 * abs(accuracy[one] - accuracy[other]))
    return {label: summary(points) for label, points in sorted(found.items())}


def summary(points: list[float]) -> dict[str, float]:
    """Of distances in points: training luck as a deviation too, as two runs of one network differ by sqrt(2) of it."""
    return {
        "pairs": len(points),
        "mean": round(mean(points), 2),
        "median": round(median(points), 2),
        "largest": round(max(points), 2),
        "deviation_of_one_run": round(math.sqrt(mean(distance**2 for distance in points) / 2), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--images-per-class", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--learning-rate", type=float, default=0.2)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "training_luck.json")
    arguments = parser.parse_args()
    fidelity = Fidelity(
        image_size=32,
        images_per_class=arguments.images_per_class,
        epochs=arguments.epochs,
        batch_size=64,
        learning_rate=arguments.learning_rate,
        threads=THREADS,
    )
    keep_freed_memory()
    split = load_split(ImageFolder(path=arguments.data), fidelity, split_seed=0)
    setting = {
        "network": network().describe(),
        "processor": processor(),
        "training_images": len(split.train),
        "validation_images": len(split.validation),
        "images": split.content_hash,
        "fidelity": fidelity.model_dump(mode="json", exclude={"threads"}, exclude_defaults=True),
    }
    report = json.loads(arguments.out.read_text()) if arguments.out.exists() else {"setting": setting, "runs": []}
    if report["setting"] != setting:
        parser.error(f"{arguments.out} holds runs of another setting: {report['setting']}")
    done = [{name: run[name] for name in _VARIED} for run in report["runs"]]
    for run in plan(arguments.seeds, arguments.threads):
        if run in done:
            continue
        start = time.perf_counter()
        threads = fidelity.model_copy(update={"threads": run["threads"]})
        result = train(split, threads, run["seed"], run["is_nudged"])
        print(run, f"{100 * result['accuracy']:.2f} %, {time.perf_counter() - start:.0f} s", flush=True)
        report["runs"].append(run | result)
        report["points_apart"] = distances(report["runs"])
        arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    for label, gap in report["points_apart"].items():
        print(f"{label:28} {gap['mean']:.2f} points in the mean of {gap['pairs']} pairs, {gap['largest']:.2f} at most")


if __name__ == "__main__":
    main()
