"""Images a second that a stream feeds, against torchvision's ImageFolder in a plain DataLoader, in turn.

    python benchmarks/stream_speed.py FOLDER [--images 1500] [--rounds 5]

FOLDER holds a folder of images for each class, or these below ``train/``; links to its images are repeated until there
are as many as asked for. Both prepare crops of 224 pixels, with and without one operation an image, in 0, 1 and 2
workers, and give normalised batches on the CPU; there is no network. Prints and writes images a second, the ratio of
their medians, and that of the CPU seconds of all processes, which other work on the machine disturbs less.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import psutil
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder as PlainFolder
from torchvision.transforms import v2

from modsearch.images import Share, load_material, reader
from modsearch.models.device import current_environment
from modsearch.space import ImageFolder, Recipe

RESULT = Path(__file__).parent / "results" / "stream_speed.json"
BATCH_SIZE = 64
Epoch = Callable[[], Iterator[object]]


def make_folder(images: Path, root: Path, number: int) -> None:
    """Links to the images, over and over."""
    source = images / "train" if (images / "train").is_dir() else images
    files = sorted(file for file in source.glob("*/*") if file.is_file())
    for index, file in enumerate(islice(cycle(files), number)):
        folder = root / file.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{index:06}{file.suffix}").symlink_to(file.resolve())


def streamed(folder: Path, recipe: Recipe, workers: int) -> Epoch:
    reader.num_workers = lambda: workers
    train = load_material(ImageFolder(path=folder), recipe, torch.device("cpu"), (0, 0), Share()).train
    passes = iter(range(10**6))
    return lambda: train.epoch(next(passes))


def plain(folder: Path, recipe: Recipe, workers: int) -> Epoch:
    size = recipe.size
    steps = [v2.RandomResizedCrop(size, scale=(recipe.min_area, 1.0), antialias=True), v2.RandomHorizontalFlip()]
    steps += [v2.TrivialAugmentWide()] * recipe.trivial_augment
    steps += [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.485, 0.456, 0.406], [0.2] * 3)]
    options = {"num_workers": workers, "persistent_workers": workers > 0, "drop_last": True, "shuffle": True}
    loader = DataLoader(PlainFolder(folder, v2.Compose(steps)), BATCH_SIZE, **options)
    return lambda: iter(loader)


def cpu_seconds() -> float:
    """Of this process and all that it started and that still run."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def timed(epoch: Epoch) -> tuple[float, float]:
    """Images a second of wall clock and of CPU."""
    start, cpu = time.perf_counter(), cpu_seconds()
    number = BATCH_SIZE * sum(1 for _ in epoch())
    return number / (time.perf_counter() - start), number / (cpu_seconds() - cpu)


def compare(arms: dict[str, Epoch], rounds: int) -> dict[str, float]:
    for epoch in arms.values():
        timed(epoch)  # workers begin, files come into memory
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in arms}
    for _ in range(rounds):
        for name, epoch in arms.items():
            found[name].append(timed(epoch))
    wall, cpu = ({name: median(pair[kind] for pair in pairs) for name, pairs in found.items()} for kind in (0, 1))
    return {
        **{f"{name}_images_per_second": round(rate, 1) for name, rate in wall.items()},
        "ratio": round(wall["stream"] / wall["plain"], 3),
        "ratio_by_cpu_seconds": round(cpu["stream"] / cpu["plain"], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    report: dict[str, object] = {"environment": current_environment(torch.device("cpu")).describe()}
    with tempfile.TemporaryDirectory() as place:
        make_folder(given.folder, Path(place), given.images)
        for has_operation in (False, True):
            values = {"min_area": 0.08, "trivial_augment": has_operation, "validation": 0, "image_size": 224}
            recipe = Recipe(
                epochs=1, learning_rate=0.1, batch_size=BATCH_SIZE, schedule={"kind": "one_cycle"}, **values
            )
            for workers in (0, 1, 2):
                arms = {name: make(Path(place), recipe, workers) for name, make in ARMS.items()}
                key = f"{'crop, flip, operation' if has_operation else 'crop, flip'}, {workers} workers"
                report[key] = compare(arms, given.rounds)
                print(key, json.dumps(report[key]), flush=True)
    given.out.write_text(json.dumps(report, indent=1) + "\n")


ARMS = {"stream": streamed, "plain": plain}

if __name__ == "__main__":
    main()
