"""``modsearch train`` by two processes against a bare loop on DistributedDataParallel, in turn: images a second.

Both train the same network by SGD with two gloo processes of one thread. The bare loop is what one writes first, and is
given its batches for nothing: the same normalised images over and over, without crops and flips. Ours takes its own
from the images in memory, crops and flips them, and agrees at every step whether a checkpoint is due.

    python -m benchmarks.training_processes [--network resnet20_cifar] [--rounds 5] [--images 2048]

Prints the ratio ours / bare of each round and its median, and writes them as JSON.
"""

import argparse
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import distributed as dist
from torch import multiprocessing
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from modsearch import build, preset
from modsearch.images import Batches, Images, Share, Split
from modsearch.models.device import current_environment, keep_freed_memory
from modsearch.space import OneCycle, Recipe
from modsearch.training.checkpoint import Checkpoint
from modsearch.training.loop import Course, train
from modsearch.training.world import World

CPU = torch.device("cpu")
NUM_PROCESSES = 2


def images(num: int) -> Images:
    generator = torch.Generator().manual_seed(0)
    pixels_NHWC = torch.randint(0, 256, (num, 32, 32, 3), generator=generator, dtype=torch.uint8)
    return Images(pixels_NHWC, torch.arange(num) % 10)


def ours(network: str, recipe: Recipe, num_images: int, rank: int) -> float:
    """Images a second of one epoch."""
    share = Share(rank, NUM_PROCESSES)
    feed = Batches(Split(images(num_images), images(64), ("x",) * 10, ""), recipe, CPU, seed=0, share=share)
    model = build(preset(network).architecture, 10, 32)
    with TemporaryDirectory() as folder, Checkpoint(Path(folder) / "checkpoint", {}) as checkpoint:
        curve, _ = train(model, Course(feed, recipe, World(rank, NUM_PROCESSES), checkpoint))
    return feed.num_batches * recipe.batch_size / curve[-1].seconds


def bare(network: str, recipe: Recipe, num_images: int, rank: int) -> float:
    """The same of the bare loop."""
    torch.manual_seed(0)
    model = DistributedDataParallel(build(preset(network).architecture, 10, 32))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    num = recipe.batch_size // NUM_PROCESSES
    x_BCHW, label_B = torch.randn(num, 3, 32, 32), torch.arange(num) % 10
    seconds = 0.0
    for _ in range(recipe.epochs):
        start = time.perf_counter()
        for _ in range(num_images // recipe.batch_size):
            loss = F.cross_entropy(model(x_BCHW), label_B, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss.item()
        seconds = time.perf_counter() - start
    return num_images // recipe.batch_size * recipe.batch_size / seconds


def process(rank: int, options: argparse.Namespace, place: str) -> None:
    """One of the two; both arms in turn, so that they see the same machine."""
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511")
    torch.set_num_threads(1)
    keep_freed_memory()
    dist.init_process_group("gloo", rank=rank, world_size=NUM_PROCESSES, timeout=timedelta(minutes=10))
    recipe = Recipe(
        epochs=2,  # the first one warms up
        batch_size=options.batch_size,
        learning_rate=0.1,
        schedule=OneCycle(),
        label_smoothing=0.1,
        image_size=32,
    )
    found: list[dict[str, float]] = []
    for _ in range(options.rounds):
        rates = {"ours": ours(options.network, recipe, options.images, rank)}
        rates["bare"] = bare(options.network, recipe, options.images, rank)
        found.append(rates)
        if rank == 0:
            print(f"ours {rates['ours']:.0f}, bare {rates['bare']:.0f} images/s", flush=True)
    if rank == 0:
        Path(place).write_text(json.dumps(found))
    dist.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="resnet20_cifar")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=2048)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "training_processes.json")
    options = parser.parse_args()
    multiprocessing.spawn(process, (options, str(options.out)), nprocs=NUM_PROCESSES)
    rounds: list[dict[str, float]] = json.loads(options.out.read_text())
    ratios = [rates["ours"] / rates["bare"] for rates in rounds]
    result: dict[str, Any] = {
        "environment": current_environment(CPU).describe(),
        "network": options.network,
        "batch_size": options.batch_size,
        "rounds": rounds,
        "ratios": ratios,
        "ratio": median(ratios),
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"ours / bare: {median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f} in {len(ratios)} rounds)")


if __name__ == "__main__":
    main()
