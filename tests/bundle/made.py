"""Networks that are trained for a moment, to be carried away."""

from pathlib import Path

import numpy as np
from PIL import Image

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.bundle import Source, proxy_source
from modsearch.record import Task, Trained
from modsearch.scoring import LocalEvaluator
from modsearch.space import StudySpec
from tests.conformance.tabulated import study_spec

NETWORK = Architecture(
    backbone="resnet_basic",
    stem="cifar",
    widths=(8, 16, 32),
    stages=((Standard(), MoD.model_validate({"c": 2})), (Standard(),), (Standard(), MoD.model_validate({"c": 4}))),
)
_FIDELITY = {"image_size": 8, "epochs": 1, "batch_size": 50, "learning_rate": 0.02, "threads": 1, "augment": False}


def digits_spec() -> StudySpec:
    return study_spec(fidelity=_FIDELITY, deployments={"cpu": {"image_size": 8, "num_classes": 10}})


def trained(spec: StudySpec, folder: Path) -> tuple[Trained, Path]:
    """What a training gives, and the file of its weights."""
    found = LocalEvaluator(spec, "cpu").train(Task(architecture=NETWORK, fidelity=spec.fidelity))
    path = folder / "weights.safetensors"
    path.write_bytes(found.weights)
    return found, path


def digits_source(folder: Path) -> tuple[Source, Trained]:
    spec = digits_spec()
    found, path = trained(spec, folder)
    return proxy_source(spec, NETWORK, path), found


def photographs(folder: Path, num: int = 30) -> StudySpec:
    """Bright and dark JPEG files of several sizes, in two classes."""
    random = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 130)):
        (folder / name).mkdir(parents=True)
        for index in range(num):
            size = (int(random.integers(20, 90)), int(random.integers(20, 90)))
            noise = random.normal(level, 45, (size[1], size[0], 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(noise).save(folder / name / f"{index:03}.jpg")
    return study_spec(
        data={"kind": "imagefolder", "path": folder},
        fidelity=_FIDELITY | {"image_size": 16, "epochs": 2, "batch_size": 10},
        deployments={"cpu": {"image_size": 16, "num_classes": 2}},
    )
