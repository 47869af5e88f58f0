"""Whether selectors live through training: tied images and accuracy with and without what keeps them alive.

One narrow ResNet with four MoD blocks is trained on CIFAR-10 images at three learning rates and from three seeds: with
selectors that are drawn and trained like every other layer, and with the product's (docs/decisions/019). An image is
tied in a block where the scores do not decide which channels are selected. Goal: at most 2 % of the images over the
blocks in the mean and 10 % in any, accuracy not lower. A training that stands in the JSON is not done again.

    python benchmarks/selector_training.py --data FOLDER [--rates 0.02 0.2 0.4] [--seeds 0 1 2]
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from unittest.mock import patch

import torch

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.images import Batches, load_split
from modsearch.models import build
from modsearch.models.blocks.mod import ChannelSelector
from modsearch.models.device import pinned_threads
from modsearch.scoring.selection import selectivity
from modsearch.space import Fidelity
from modsearch.space.data import ImageFolder
from modsearch.training import fit
from modsearch.training.seed import derive_seed

ARMS = ("like every layer", "kept alive")
BLOCK = MoD(c=4, reduction=4)
STAGES = ((Standard(), BLOCK, BLOCK), (Standard(), BLOCK), (Standard(), BLOCK))
NETWORK = Architecture(backbone="resnet_basic", stem="cifar", widths=(16, 32, 64), stages=STAGES)


def fidelity(rate: float, arm: str) -> Fidelity:
    own = {} if arm == "kept alive" else {"selector_learning_rate": rate}
    common = {"image_size": 32, "images_per_class": 500, "epochs": 5, "batch_size": 64, "threads": 1}
    return Fidelity.model_validate({**common, "learning_rate": rate, **own})


@contextmanager
def drawn(arm: str) -> Iterator[None]:
    """Draw the selectors of one arm: the other one's hidden units do not come in pairs."""
    if arm == "kept alive":
        yield
    else:
        with patch.object(ChannelSelector, "_pair", lambda _: None):
            yield


def train(data: Path, rate: float, seed: int, arm: str) -> dict[str, object]:
    how = fidelity(rate, arm)
    split = load_split(ImageFolder(path=data), how, derive_seed(seed, 0, "split"))
    batches = Batches(split, how, torch.device("cpu"), derive_seed(seed, 0, "order"))
    torch.manual_seed(seed)
    with drawn(arm):
        model = build(NETWORK, len(split.class_names), how.image_size)
    with pinned_threads(how.threads):
        _, correct_N = fit(model, batches, how)
        blocks = selectivity(model, batches, stride=1)
    return {
        "rate": rate,
        "seed": seed,
        "arm": arm,
        "accuracy": correct_N.float().mean().item(),
        "tied": [block.tied for block in blocks],
        "other_set": [block.other_set for block in blocks],
    }


def show(found: list[dict]) -> None:
    for rate in sorted({training["rate"] for training in found}):
        for arm in ARMS:
            ours = [training for training in found if (training["rate"], training["arm"]) == (rate, arm)]
            if ours:
                tied = [100 * share for training in ours for share in training["tied"]]
                accuracy = 100 * mean(training["accuracy"] for training in ours)
                print(f"rate {rate:g}, {arm}: {mean(tied):.1f} % tied in the mean, at most {max(tied):.1f} %; ", end="")
                print(f"top-1 {accuracy:.2f} %, {len(ours)} seeds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="CIFAR-10 as a folder of images by class")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.02, 0.2, 0.4])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "selector_training.json")
    given = parser.parse_args()
    before = json.loads(given.out.read_text()) if given.out.exists() else {"trainings": []}
    if before.get("torch", torch.__version__) != torch.__version__:
        parser.error(f"{given.out} holds trainings by torch {before['torch']}; name another --out")
    found = before["trainings"]
    known = {(training["rate"], training["seed"], training["arm"]) for training in found}
    for seed in given.seeds:
        for rate in given.rates:
            for arm in ARMS:
                if (rate, seed, arm) not in known:
                    found.append(train(given.data, rate, seed, arm))
                    report = {"network": NETWORK.describe(), "torch": torch.__version__, "trainings": found}
                    given.out.write_text(json.dumps(report, indent=2) + "\n")
    show(found)


if __name__ == "__main__":
    main()
