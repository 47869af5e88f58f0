"""Which images a study trains on."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Finite

_VALUE = ConfigDict(frozen=True, extra="forbid")


class Digits(BaseModel):
    """1,797 handwritten digits of 8x8 pixels in 10 classes, bundled with scikit-learn: the embedded data set."""

    model_config = _VALUE

    kind: Literal["digits"] = "digits"


class Cifar(BaseModel):
    """CIFAR-10 or CIFAR-100, downloaded once and checked by torchvision. Its test part is never read."""

    model_config = _VALUE

    kind: Literal["cifar10", "cifar100"]


class ImageFolder(BaseModel):
    """A folder with one folder of images for each class, below ``train/`` if there is one.

    Attributes:
        path: the folder; ``modsearch search --data PATH`` gives it where the file does not.
        holdout: about this fraction of the images is left alone until the end, for a folder that has no part for that
            (``val/`` or ``test/``). An image belongs to it by a hash of its content: it stays there when others are
            added, and so do its copies.
    """

    model_config = _VALUE

    kind: Literal["imagefolder"] = "imagefolder"
    path: Path | None = None
    holdout: Annotated[Finite, Field(ge=0, lt=1)] = 0.0


Data = Annotated[Digits | Cifar | ImageFolder, Field(discriminator="kind")]
