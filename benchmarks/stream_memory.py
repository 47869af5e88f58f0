"""Memory of a streamed folder as large as ImageNet, against that of a small one.

    python benchmarks/stream_memory.py [--images 1280000] [--classes 1000] [--workers 2]

Makes a temporary folder of hard links to 64 JPEG files, lists it, loads it for a training on crops of 224 pixels and
reads batches, each in a fresh process that looks at its memory and that of its workers meanwhile; and the
same with 1,000 images. Prints and writes peaks from when all is imported, and what the large folder takes beyond the
small one: resident memory, shared pages in full (the kernel keeps that peak), PSS, which parts shared pages among those
that share them, and USS, without them (both seen ten times a second). With ``--holdout`` the images of the large folder
are hashed besides, which takes long.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
import torch
from PIL import Image

from modsearch.images import Share, load_material, reader
from modsearch.images.split import choose
from modsearch.models.device import current_environment
from modsearch.space import ImageFolder, Recipe

RESULT = Path(__file__).parent / "results" / "stream_memory.json"
NUM_FILES = 64
NUM_BATCHES = 30
PHASES = ("list", "read")
RECIPE = Recipe(
    epochs=1, learning_rate=0.1, batch_size=64, image_size=224, min_area=0.08, schedule={"kind": "steps", "every": 30}
)


def make_folder(root: Path, num_images: int, num_classes: int) -> None:
    """Files that are called as ImageNet's are."""
    root.mkdir()
    generator = np.random.default_rng(0)
    files = [root / f"{number}.jpg" for number in range(NUM_FILES)]
    for file in files:
        coarse = Image.fromarray(generator.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        coarse.resize((500, 375), Image.Resampling.BICUBIC).save(file, quality=90)
    for label in range(num_classes):
        folder = root / "train" / f"n{label:08}"
        folder.mkdir(parents=True)
        for number in range(num_images // num_classes):
            os.link(files[(label + number) % NUM_FILES], folder / f"n{label:08}_{number}.JPEG")


def measure(phase: str, folder: Path, workers: int, holdout: float) -> dict[str, float]:
    """What a fresh process does: seconds, and how far its memory rises in MB, and the most that a worker has."""
    reader.num_workers = lambda: workers
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memories()
    peaks = dict(before)
    is_done = threading.Event()
    watching = threading.Thread(target=watch, args=(peaks, is_done))
    watching.start()
    found = run(phase, ImageFolder(path=folder, holdout=holdout))
    is_done.set()
    watching.join()
    return found | {f"{name}_mb": round((peak - before.get(name, 0)) / 1e6, 1) for name, peak in peaks.items()}


def run(phase: str, data: ImageFolder) -> dict[str, float]:
    start = time.perf_counter()
    if phase == "list":
        choose(data, RECIPE, 0)
        return {"seconds": time.perf_counter() - start}
    train = load_material(data, RECIPE, torch.device("cpu"), (0, 0), Share()).train
    loaded = time.perf_counter()
    next(train.epoch(0))
    first = time.perf_counter()
    num_images = sum(len(labels_B) for _, labels_B in islice(train.epoch(1), NUM_BATCHES))
    seconds = time.perf_counter() - first
    return {"seconds_to_load": loaded - start, "images_per_second": num_images / seconds}


def watch(peaks: dict[str, int], is_done: threading.Event) -> None:
    while True:
        is_last = is_done.wait(0.1)
        for name, value in memories().items():
            peaks[name] = max(peaks.get(name, 0), value)
        if is_last:
            return


def memories() -> dict[str, int]:
    """Bytes of this process and of the largest of its workers, which a server forked; ``resident`` is its peak."""
    parent = psutil.Process()
    found = {f"parent_{kind}": value for kind, value in memory(parent).items()}
    for server in parent.children():
        for worker in server.children():
            for kind, value in memory(worker).items():
                found[f"worker_{kind}"] = max(found.get(f"worker_{kind}", 0), value)
    return found


def memory(process: psutil.Process) -> dict[str, int]:
    with suppress(psutil.NoSuchProcess, OSError, StopIteration):
        lines = (Path("/proc") / str(process.pid) / "status").read_text().splitlines()
        resident = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
        found = process.memory_full_info()
        return {"resident": resident, "pss": found.pss, "uss": found.uss}
    return {}


def compare(given: argparse.Namespace, place: Path) -> dict[str, dict[str, dict[str, float]]]:
    sizes = {"small": (1_000, 10), "large": (given.images, given.classes)}
    found: dict[str, dict[str, dict[str, float]]] = {}
    phases = dict.fromkeys(PHASES, 0.0) | ({"list with holdout": given.holdout} if given.holdout else {})
    for size, (num_images, num_classes) in sizes.items():
        start = time.perf_counter()
        make_folder(place / size, num_images, num_classes)
        print(f"{num_images} links in {time.perf_counter() - start:.0f} s", flush=True)
    for phase, holdout in phases.items():
        found[phase] = {}
        for size in sizes:
            command = [sys.executable, __file__, "--measure", phase.split()[0], "--folder", str(place / size)]
            options = ["--workers", str(given.workers), "--holdout", str(holdout)]
            environment = {**os.environ, "MODSEARCH_CACHE": str(place / "cache")}
            done = subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE, env=environment)
            found[phase][size] = json.loads(done.stdout)
            print(phase, size, json.dumps(found[phase][size]), flush=True)
        beyond = {
            name: round(value - found[phase]["small"].get(name, 0), 1) for name, value in found[phase]["large"].items()
        }
        found[phase]["beyond"] = {name: value for name, value in beyond.items() if name.endswith("_mb")}
        print(phase, "beyond", json.dumps(found[phase]["beyond"]), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_280_000)
    parser.add_argument("--classes", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--holdout", type=float, default=0.0)
    parser.add_argument("--measure", choices=PHASES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure, given.folder, given.workers, given.holdout)))
        return
    with tempfile.TemporaryDirectory() as place:
        found = compare(given, Path(place))
    report = {
        "environment": current_environment(torch.device("cpu")).describe(),
        "images": given.images,
        "classes": given.classes,
        "workers": given.workers,
        "phases": found,
    }
    given.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
