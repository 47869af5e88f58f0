"""Networks that are trained for a moment, to be carried away."""

from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.bundle import Source, proxy_source
from modsearch.record import Task, Trained
from modsearch.scoring import LocalEvaluator
from modsearch.space import StudySpec
from tests.conformance.tabulated import study_spec

FILES = {
    *("architecture.json", "model.safetensors", "model.pt2", "model.onnx", "config.json", "README.md"),
    *("manifest.json", "verify.json", "latency.json", "check.py", "check.npz"),
}
"""Of a bundle."""
NETWORK = Architecture(
    backbone="resnet_basic",
    stem="cifar",
    widths=(8, 16, 32),
    stages=((Standard(), MoD.model_validate({"c": 2})), (Standard(),), (Standard(), MoD.model_validate({"c": 4}))),
)
_FIDELITY = {"image_size": 8, "epochs": 1, "batch_size": 50, "learning_rate": 0.02, "threads": 1, "augment": False}


def digits_spec(epochs: int = 1) -> StudySpec:
    return study_spec(
        fidelity=_FIDELITY | {"epochs": epochs}, deployments={"cpu": {"image_size": 8, "num_classes": 10}}
    )


def trained(spec: StudySpec, folder: Path) -> tuple[Trained, Path]:
    """What a training gives, and the file of its weights."""
    found = LocalEvaluator(spec, "cpu").train(Task(architecture=NETWORK, fidelity=spec.fidelity))
    path = folder / "weights.safetensors"
    path.write_bytes(found.weights)
    return found, path


def digits_source(folder: Path, epochs: int = 1) -> tuple[Source, Trained]:
    spec = digits_spec(epochs)
    found, path = trained(spec, folder)
    return proxy_source(spec, NETWORK, path), found


def photographs(folder: Path, num: int = 30, image_size: int = 16) -> StudySpec:
    """Bright and dark images of several sizes in two classes: JPEG files, some of which lie on a side, and grey PNG."""
    random = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 130)):
        (folder / name).mkdir(parents=True)
        for index in range(num):
            width, height = (int(side) for side in random.integers(5 * image_size // 4, 6 * image_size, 2))
            noise = random.normal(level, 45, (height, width, 3)).clip(0, 255).astype(np.uint8)
            _save(Image.fromarray(noise), folder / name / f"{index:03}", index)
    return study_spec(
        data={"kind": "imagefolder", "path": folder},
        fidelity=_FIDELITY | {"image_size": image_size, "epochs": 2, "batch_size": 10},
        deployments={"cpu": {"image_size": image_size, "num_classes": 2}},
    )


def _save(image: Image.Image, path: Path, index: int) -> None:
    if index % 3 == 0:
        image.convert("L").save(path.with_suffix(".png"))
        return
    exif = image.getexif()
    exif[ExifTags.Base.Orientation] = 6 if index % 3 == 1 else 1
    image.save(path.with_suffix(".jpg"), exif=exif)
