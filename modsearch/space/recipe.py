"""Recipe: how a network is trained in full."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture import (
    BatchSize,
    Finite,
    ImageSize,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Threads,
)
from modsearch.message import must_be
from modsearch.space.fidelity import Fidelity

_VALUE = ConfigDict(frozen=True, extra="forbid")
Share = Annotated[Finite, Field(ge=0, lt=1)]


class OneCycle(BaseModel):
    """The rate rises for a share of the steps while momentum falls from 0.95 to 0.85, then both go back.

    Attributes:
        warmup: that share.
    """

    model_config = _VALUE

    kind: Literal["one_cycle"] = "one_cycle"
    warmup: Annotated[PositiveFloat, Field(lt=1)] = 0.25


class Cosine(BaseModel):
    """The rate rises evenly, then falls to nothing along half a cosine (arXiv:1608.03983, without restarts).

    Attributes:
        warmup_epochs: for how long it rises.
    """

    model_config = _VALUE

    kind: Literal["cosine"] = "cosine"
    warmup_epochs: NonNegativeFloat = 0.0


class Steps(BaseModel):
    """The rate is multiplied by a factor every so many epochs.

    Attributes:
        every: epochs.
        factor: what it is multiplied by.
    """

    model_config = _VALUE

    kind: Literal["steps"] = "steps"
    every: PositiveInt
    factor: Annotated[PositiveFloat, Field(lt=1)] = 0.1


Schedule = Annotated[OneCycle | Cosine | Steps, Field(discriminator="kind")]


class Recipe(BaseModel):
    """How a network is trained.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step, over all processes.
        accumulate: parts into which each process cuts its share of a batch; their gradients are added up.
        optimizer: ``sgd``, or ``adamw``, with which ConvNeXt was published.
        learning_rate: the highest of the schedule.
        selector_learning_rate: the same for the selectors of MoD blocks, where that is lower: at higher rates their
            hidden units fall silent, and nothing is selected any more.
        momentum: of ``sgd``; a one-cycle schedule has its own.
        nesterov: whether that is Nesterov's.
        weight_decay: of weights.
        decay_norms: whether biases and norms decay as well.
        schedule: of the learning rate.
        label_smoothing: 0 to below 1.
        augment: random crops and flips: of the padded image up to 64 pixels, resized parts of it above.
        min_area: the smallest part of an image's area that a resized crop keeps.
        trivial_augment: one random operation of random strength an image (arXiv:2103.10158).
        mixup: parameter of the Beta distribution by which two images are blended (arXiv:1710.09412); 0 for none.
        cutmix: likewise for the part of another image that is put in its place (arXiv:1905.04899); where both are
            given, each step takes one of them.
        ema: decay of the moving average of the weights, which is what is kept; None for none. It begins lower: after n
            steps it is at most (1 + n) / (10 + n).
        clip: largest norm of the gradient; None for any.
        dtype: ``bfloat16`` for mixed precision on a GPU; a CPU trains in float32.
        init: ``random``; ``torchvision``: pretrained weights of torchvision's most similar network; or a folder that
            ``modsearch train`` or ``modsearch export`` wrote for the same network: a head of another number of classes
            stays random.
        image_size: pixels of a side; the target's if not given.
        validation: share of the training images by which the epoch is chosen whose weights are kept; 0 trains on all
            and keeps the last.
        threads: CPU threads of a machine's processes together; if not given, as many as the machine has CPUs, on CPUs
            that of the first process.
        compile: train by torch.compile.
        seed: of the split, the order of the images, what is drawn for them, and the initial weights.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    epochs: Annotated[PositiveInt, Field(le=100_000)]
    batch_size: BatchSize = 128
    accumulate: Annotated[PositiveInt, Field(le=10_000)] = 1
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: PositiveFloat
    selector_learning_rate: PositiveFloat = 0.02
    momentum: Share = 0.9
    nesterov: bool = True
    weight_decay: NonNegativeFloat = 5e-4
    decay_norms: bool = False
    schedule: Schedule
    label_smoothing: Share = 0.0
    augment: bool = True
    min_area: Annotated[PositiveFloat, Field(le=1)] = 0.35
    trivial_augment: bool = False
    mixup: NonNegativeFloat = 0.0
    cutmix: NonNegativeFloat = 0.0
    ema: Annotated[PositiveFloat, Field(lt=1)] | None = None
    clip: PositiveFloat | None = None
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    init: Annotated[str, Field(min_length=1)] = "random"
    image_size: ImageSize | None = None
    validation: Annotated[Share, Field(le=0.5)] = 0.1
    threads: Threads | None = None
    compile: bool = False
    seed: Annotated[NonNegativeInt, Field(lt=2**31)] = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.nesterov and self.optimizer == "sgd" and not self.momentum:
            raise ValueError(must_be("momentum", "above 0 where nesterov is true", self.momentum))
        if self.batch_size % self.accumulate:
            raise ValueError(must_be("batch_size", f"a multiple of accumulate, {self.accumulate}", self.batch_size))
        if isinstance(self.schedule, Cosine) and self.schedule.warmup_epochs >= self.epochs:
            rule = f"below epochs, {self.epochs}"
            raise ValueError(must_be("schedule.warmup_epochs", rule, self.schedule.warmup_epochs))
        return self

    @property
    def size(self) -> int:
        """Pixels of a side, once they are known."""
        assert self.image_size is not None
        return self.image_size

    @property
    def classes(self) -> None:
        """All classes of the data."""

    @property
    def images_per_class(self) -> None:
        """All images of them."""

    @property
    def mixes(self) -> bool:
        """Whether images of a batch are put together."""
        return self.mixup > 0 or self.cutmix > 0

    @classmethod
    def proxy(cls, fidelity: Fidelity) -> "Recipe":
        """How a proxy is trained: the short recipe, the same for all networks of a study."""
        shared = {name: getattr(fidelity, name) for name in _SHARED}
        return cls(**shared, schedule=OneCycle())


_SHARED = (
    "epochs",
    "batch_size",
    "optimizer",
    "learning_rate",
    "selector_learning_rate",
    "weight_decay",
    "label_smoothing",
    "augment",
    "init",
    "image_size",
    "threads",
)
