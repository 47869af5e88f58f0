"""A tabulated evaluator: scores networks by a closed formula, without torch, and breaks where it is told to."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from modsearch.architecture import Architecture, MoD
from modsearch.record import SPEEDUP_UNIT, Environment, Epoch, Measurement, Score, Speedup, Task, Timed, Trained
from modsearch.search.evaluator import OnEpoch
from modsearch.space import StudySpec

ENVIRONMENT = Environment(device="Table A", threads=1, software="formula 1")
TIMED = Timed(log_ratios=((0.1, 0.2),), ending="rounds")
SPEEDUP = Speedup(
    gmacs=0.03, plain_gmacs=0.05, measured=Measurement(value=0.9, low=0.8, high=1.0, num_samples=3, unit=SPEEDUP_UNIT)
)
REFERENCE_COST = 10.0
NUM_CLASSES = 10

Fault = Literal["exception", "nan accuracy", "inf latency", "interrupt"]

SPACE: dict[str, Any] = {
    "backbone": "resnet_basic",
    "stem": "cifar",
    "widths": [16, 32, 64],
    "depths": [{"standard": [1, 2, 3], "mod": [0, 1, 2]}] * 3,
    "placements": ["none", "alternating", "free"],
    "c": [2, 4, 8],
}
SMALL_SPACE = SPACE | {
    "depths": [{"standard": [1, 2], "mod": [0, 1]}, {"standard": [1], "mod": [0]}, {"standard": [1], "mod": [0]}],
    "c": [4],
}
"""Five networks: S, SS, SM, SMS, SSM in the first stage."""
NUM_SMALL = 5
SMALL_UNION: dict[str, Any] = {"any_of": {"resnet": SMALL_SPACE, "vgg": SMALL_SPACE | {"backbone": "vgg_bn"}}}
"""The same five networks of two backbones."""
CIFAR_SPACE = SPACE | {
    "widths": [64, 128, 256, 512],
    "depths": [{"standard": [1, 2], "mod": [0, 1]}] * 4,
    "c": [64],
}
"""Holds resnet18_cifar and its MoD form, whose deleted form is [1, 1, 1, 1]."""


def study_spec(**overrides: Any) -> StudySpec:
    """A study of ten networks on accuracy and relative latency."""
    fields = {
        "name": "table",
        "space": SPACE,
        "reference": "resnet20_cifar",
        "deployments": {"cpu": {"image_size": 32, "num_classes": NUM_CLASSES}},
        "fidelity": {"image_size": 32, "epochs": 2},
        "sampler": "random",
        "seed_with": "none",
        "controls": [],
        "screening": False,
        "budget": {"trials": 10},
    }
    return StudySpec.model_validate(fields | overrides)


def cost(architecture: Architecture) -> float:
    """1 for each standard block, 1/c for each MoD block and a little for its selector."""
    blocks = [block for stage in architecture.stages for block in stage]
    return sum(0.05 + 1 / float(block.c) if isinstance(block, MoD) else 1.0 for block in blocks)


def accuracy(architecture: Architecture) -> float:
    """More blocks are better, later ones more so; a MoD block is worth most of a standard one."""
    worth = sum(
        (0.8 if isinstance(block, MoD) else 1.0) * (1 + 0.1 * index)
        for index, stage in enumerate(architecture.stages)
        for block in stage
    )
    return 1 - 0.9 * math.exp(-0.2 * worth)


@dataclass
class TabulatedEvaluator:
    """An ``Evaluator`` whose table is ``accuracy`` and ``cost``.

    Attributes:
        fault: what goes wrong.
        fault_at: at which calls, counted from 1: of ``measure`` for latency, else of ``train``. ``open_run`` measures
            the reference and, for a new run, the costliest network.
        environment: where it says that latencies are measured.
        data_hash: of the images that it says it has.
        measured: ids in the order of ``measure``.
        trained: ids in the order of ``train``, begun or finished.
    """

    fault: Fault | None = None
    fault_at: tuple[int, ...] = (1,)
    environment: Environment = ENVIRONMENT
    data_hash: str = "images"
    num_classes: int = NUM_CLASSES
    measured: list[str] = field(default_factory=list)
    trained: list[str] = field(default_factory=list)

    def measure(self, architecture: Architecture) -> Score:
        self.measured.append(architecture.id)
        value = cost(architecture) / REFERENCE_COST
        if self.fault == "inf latency" and len(self.measured) in self.fault_at:
            value = math.inf
        latency = Measurement(
            value=value, low=value, high=value, num_samples=3, unit="x reference", environment=self.environment
        )
        params = Measurement.exact(1000 * cost(architecture), "parameters")
        return Score(
            metrics={"relative_latency": latency, "params": params},
            timed={"cpu": TIMED},
            speedups={"cpu": SPEEDUP} if architecture.num_mod_blocks else {},
        )

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        architecture, fidelity = task.architecture, task.fidelity
        self.trained.append(architecture.id)
        is_faulty = len(self.trained) in self.fault_at
        curve = []
        for number in range(1, fidelity.epochs + 1):
            curve.append(
                Epoch(loss=1 / number, accuracy=accuracy(architecture) * number / fidelity.epochs, seconds=0.0)
            )
            if on_epoch is not None:
                on_epoch(number, curve[-1])
            if is_faulty and self.fault == "interrupt":
                raise KeyboardInterrupt
        if is_faulty and self.fault == "exception":
            raise RuntimeError("the table\nhas a hole")
        value = math.nan if is_faulty and self.fault == "nan accuracy" else accuracy(architecture)
        top1 = Measurement(value=value, low=value, high=value, num_samples=100, unit="fraction")
        score = Score(metrics={"accuracy": top1}, learning_curve=tuple(curve), correct="/w==")
        return Trained(score, architecture.id.encode())
