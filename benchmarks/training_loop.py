"""modsearch's training loop against a plain one, in turn: same networks, images, recipe and epochs.

The networks are the 20-layer CIFAR ResNet, and the same with every second block of a stage a MoD block (c = 4).

The plain loop is what one writes first: a DataLoader over images that are already decoded (uint8), torchvision's
transforms image by image, eager, fp32, contiguous. It runs with 0 and with 2 workers; the better one counts. Each run
has a process of its own.

    python benchmarks/training_loop.py --data FOLDER [--device cpu] [--images-per-class 200] [--epochs 4]
        [--batch-size 64]

FOLDER holds one folder of images for each class; without it, CIFAR-10 is downloaded. Prints the ratio of images a
second and all accuracies, and writes them as JSON.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from modsearch import Architecture, MoD, build, preset
from modsearch.images import Batches, Images, Split, load_split
from modsearch.models.device import current_environment, keep_freed_memory
from modsearch.space import Cifar, Data, Fidelity, ImageFolder
from modsearch.training import fit

PLAIN = preset("resnet20_cifar").architecture
ALTERNATING = Architecture.assemble(
    PLAIN.backbone, PLAIN.stem, PLAIN.widths, ((False, True, False),) * 3, (MoD(c=4, reduction=4),) * 3
)
NETWORKS = {"resnet20_cifar": PLAIN, "resnet20_cifar, alternating MoD": ALTERNATING}
ARMS = ("modsearch", "plain, 0 workers", "plain, 2 workers")


class DecodedImages(Dataset[tuple[Tensor, int]]):
    def __init__(self, images: Images, transform: v2.Transform) -> None:
        self.pixels = images.pixels_NHWC.permute(0, 3, 1, 2).contiguous()
        self.labels = images.labels_N.tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.pixels[index]), self.labels[index]


def run_plain(model: nn.Module, split: Split, fidelity: Fidelity, device: torch.device, workers: int) -> dict:
    mean, std = ((statistic_C / 255).tolist() for statistic_C in split.train.mean_std)
    normalise = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)]
    crop = v2.RandomCrop(fidelity.image_size, padding=fidelity.image_size // 16, padding_mode="reflect")
    train = DecodedImages(split.train, v2.Compose([crop, v2.RandomHorizontalFlip(), *normalise]))
    options = {"num_workers": workers, "persistent_workers": workers > 0, "pin_memory": device.type == "cuda"}
    loader = DataLoader(train, fidelity.batch_size, shuffle=True, drop_last=True, **options)
    decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": fidelity.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=fidelity.learning_rate, momentum=0.9, nesterov=True)
    steps = len(loader) * fidelity.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, fidelity.learning_rate, total_steps=steps, pct_start=0.25)
    seconds = []
    for _ in range(fidelity.epochs):
        start = time.perf_counter()
        model.train()
        for x, label in loader:
            x, label = x.to(device), label.to(device)
            loss = F.cross_entropy(model(x), label, label_smoothing=fidelity.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        loss.item()
        seconds.append(time.perf_counter() - start)
    validation = DataLoader(DecodedImages(split.validation, v2.Compose(normalise)), 500)
    return {"seconds": seconds, "accuracy": accuracy(model, validation, device)}


def accuracy(model: nn.Module, loader: DataLoader, device: torch.device) -> float:
    model.eval()
    with torch.inference_mode():
        hits = [model(x.to(device)).argmax(1).cpu() == label for x, label in loader]
    return torch.cat(hits).float().mean().item()


def run_modsearch(model: nn.Module, split: Split, fidelity: Fidelity, device: torch.device, seed: int) -> dict:
    curve, _ = fit(model, Batches(split, fidelity, device, seed), fidelity)
    return {"seconds": [epoch.seconds for epoch in curve], "accuracy": curve[-1].accuracy}


def run_arm(arm: str, network: Architecture, seed: int, data: Data, fidelity: Fidelity, device: torch.device) -> dict:
    torch.manual_seed(seed)
    torch.set_num_threads(fidelity.threads)
    split = load_split(data, fidelity, split_seed=0)
    model = build(network, len(split.class_names), fidelity.image_size).to(device)
    if arm == "modsearch":
        keep_freed_memory()  # as LocalEvaluator does
        result = run_modsearch(model, split, fidelity, device, seed)
    else:
        result = run_plain(model, split, fidelity, device, workers=0 if arm == ARMS[1] else 2)
    num_images = len(split.train) // fidelity.batch_size * fidelity.batch_size
    return result | {"images_per_second": num_images / median(result["seconds"][1:])}  # the first epoch warms up


def in_a_process(run: Callable[..., dict], *arguments: object) -> dict:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(run, *arguments).result()


def compare(network: Architecture, data: Data, fidelity: Fidelity, device: torch.device, repeats: int) -> dict:
    found: dict[str, list[dict]] = {arm: [] for arm in ARMS}
    for seed in range(repeats):
        for arm in ARMS:
            result = in_a_process(run_arm, arm, network, seed, data, fidelity, device)
            print(
                f"{arm:18} {result['images_per_second']:6.0f} images/s, accuracy {result['accuracy']:.3f}", flush=True
            )
            found[arm].append(result)
    speed = {arm: median(run["images_per_second"] for run in runs) for arm, runs in found.items()}
    return {
        "images_per_second": {arm: round(rate) for arm, rate in speed.items()},
        "accuracy": {arm: [round(run["accuracy"], 3) for run in runs] for arm, runs in found.items()},
        "speed_up_over_best_plain": round(speed[ARMS[0]] / max(speed[ARMS[1]], speed[ARMS[2]]), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images-per-class", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "training_loop.json")
    arguments = parser.parse_args()
    fidelity = Fidelity(
        image_size=32,
        images_per_class=arguments.images_per_class,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        learning_rate=0.2,
        threads=arguments.threads,
    )
    data = ImageFolder(path=arguments.data) if arguments.data else Cifar(kind="cifar10")
    split = load_split(data, fidelity, split_seed=0)
    device = torch.device(arguments.device)
    torch.set_num_threads(arguments.threads)
    report = {
        "environment": current_environment(device).describe(),
        "training_images": len(split.train),
        "validation_images": len(split.validation),
        "epochs": arguments.epochs,
        "batch_size": arguments.batch_size,
        "networks": {
            name: compare(network, data, fidelity, device, arguments.repeats) for name, network in NETWORKS.items()
        },
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
