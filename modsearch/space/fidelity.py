"""Fidelity: how much training a proxy gets. It never changes the placement, c or the selector."""

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import (
    BatchSize,
    Finite,
    ImageSize,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Threads,
    Whole,
)


class Fidelity(BaseModel):
    """How the proxy of a target network is trained; the same for every network of a study.

    Attributes:
        image_size: pixels of a side of the training images.
        classes: the first so many classes in alphabetical order; all if not given.
        images_per_class: training images a class; all of the training split if not given.
        epochs: passes over the training images.
        batch_size: images a step.
        optimizer: ``sgd`` with Nesterov momentum, or ``adamw``, with which ConvNeXt was published.
        learning_rate: peak of the one-cycle schedule; some hundred times lower for adamw.
        selector_learning_rate: the same for the selectors of MoD blocks, where that is lower: at higher rates their
            hidden units fall silent, and nothing is selected any more.
        weight_decay: of weights; biases and norms have none.
        label_smoothing: 0 to below 1.
        augment: random crops and flips.
        init: ``random``, or ``torchvision``: blocks start from the pretrained weights of the blocks in their place of
            the most similar torchvision network; MoD blocks, and a head of another number of classes, from random
            ones. Only for the ``imagenet`` stem and torchvision's widths.
        width: factor on every width. Anything but 1 makes another network of the target: results are a smoke test.
        threads: CPU threads of training. Another number adds sums up in another order, which changes the last digits
            of a step, and by the end of a training the accuracy as much as another draw would: around a point on 2,000
            images of CIFAR-10 (benchmarks/training_luck.py). So they belong to the study.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_size: ImageSize
    classes: Whole | None = Field(default=None, ge=2, le=1_000_000)
    images_per_class: Annotated[PositiveInt, Field(le=10**9)] | None = None
    epochs: Annotated[PositiveInt, Field(le=100_000)]
    batch_size: BatchSize = 128
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: PositiveFloat = 0.4
    selector_learning_rate: PositiveFloat = 0.02
    weight_decay: NonNegativeFloat = 5e-4
    label_smoothing: Finite = Field(default=0.1, ge=0, lt=1)
    augment: bool = True
    init: Literal["random", "torchvision"] = "random"
    width: Annotated[PositiveFloat, Field(le=16)] = 1.0
    threads: Threads = 2

    @property
    def is_smoke_test(self) -> bool:
        """Whether the proxy is another network than the target."""
        return self.width != 1

    @property
    def validation(self) -> float:
        """Share of the images of a class that accuracy is measured on."""
        return 0.1

    @property
    def tag(self) -> str:
        """A short name for file names, different for every fidelity: ``8ep-32px-1a2b3c``."""
        digest = hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:6]
        return f"{self.epochs}ep-{self.image_size}px-{digest}"
