"""How much training a proxy gets: from what one would like to less and less, and the fidelity that it makes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from modsearch.space.draft.request import Request
from modsearch.space.fidelity import Fidelity

_PER_CLASS, _LEAST_PER_CLASS = 500, 50  # images
_EPOCHS, _EPOCHS_PRETRAINED = (18, 12, 9, 6), (10, 8, 6)
_SIZES = {"imagenet": (128, 96, 64), "cifar": (64, 48, 32)}  # pixels
_MIN_STEPS = 20  # an epoch
_BATCHES = {True: (8, 256), False: (8, 128)}  # least and most, on a GPU and on the CPU
# Learning rates at a batch of 256, to which they are proportional: those of the search spaces that come with modsearch.
_RATES, _RATES_PRETRAINED = {"vgg_bn": 0.1, "convnext": 0.002}, {"convnext": 0.0004}
_RATE, _RATE_PRETRAINED, _RATE_BATCH = 0.4, 0.08, 256
_ADAMW = {"optimizer": "adamw", "weight_decay": 0.05}


@dataclass(frozen=True)
class Training:
    """The part of a fidelity that costs time.

    Attributes:
        images_per_class: training images; None for all.
        epochs: passes over them.
        image_size: pixels of a side.
    """

    images_per_class: int | None
    epochs: int
    image_size: int

    def num_images(self, request: Request) -> int:
        """Training images of all classes."""
        images = request.images
        return images.num_train if self.images_per_class is None else self.images_per_class * images.num_classes

    def work(self, request: Request) -> int:
        """What its time is taken to be proportional to: images x epochs x pixels."""
        return self.num_images(request) * self.epochs * self.image_size**2


def trainings(request: Request) -> list[Training]:
    """The best one first; each other one takes less time: fewer images, then fewer epochs, then smaller images."""
    first, *fewer = _numbers_of_images(request)
    epochs = _EPOCHS_PRETRAINED if request.is_pretrained else _EPOCHS
    largest, *smaller = _sizes(request)
    found = [Training(first, epochs[0], largest)]
    found += [replace(found[0], images_per_class=number) for number in fewer]
    found += [replace(found[-1], epochs=number) for number in epochs[1:]]
    return found + [replace(found[-1], image_size=size) for size in smaller]


def make_fidelity(request: Request, training: Training) -> Fidelity:
    """The fidelity of a training: its batch, and the learning rate that belongs to that."""
    backbone = request.network.architecture.backbone
    least, most = _BATCHES[request.is_gpu]
    steps = max(1, training.num_images(request) // _MIN_STEPS)
    batch_size = min(most, max(least, 2 ** (steps.bit_length() - 1)))
    rates, rate = (_RATES_PRETRAINED, _RATE_PRETRAINED) if request.is_pretrained else (_RATES, _RATE)
    number = {} if training.images_per_class is None else {"images_per_class": training.images_per_class}
    fields: dict[str, Any] = {"image_size": training.image_size, **number, "epochs": training.epochs}
    fields |= {"batch_size": batch_size} | (_ADAMW if backbone == "convnext" else {})
    fields["learning_rate"] = rates.get(backbone, rate) * batch_size / _RATE_BATCH
    fields |= {"init": "torchvision"} if request.is_pretrained else {}
    fields |= {} if request.is_gpu else {"threads": request.threads}
    return Fidelity.model_validate(fields)


def _numbers_of_images(request: Request) -> Iterator[int | None]:
    """Of a class, halved as long as there are enough."""
    images = request.images
    most = _PER_CLASS if images.smallest_class >= _PER_CLASS else None
    yield most
    number = min(images.smallest_class, (most or images.num_train // images.num_classes) // 2)
    while number >= _LEAST_PER_CLASS:
        yield number
        number //= 2


def _sizes(request: Request) -> list[int]:
    """Pixels of a side of the proxy's images: no more than the deployed ones have, and as many as the network needs."""
    architecture = request.network.architecture
    least = architecture.table.min_image_size(architecture.stem, len(architecture.stages))
    sizes, deployed = _SIZES[architecture.stem], min(place.image_size for place in request.deployments.values())
    first = min(deployed, sizes[0])
    return [first, *(size for size in sizes if least <= size < first)]
