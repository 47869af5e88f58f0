"""Request: what a study is drafted for."""

from collections.abc import Mapping
from dataclasses import dataclass

from modsearch.architecture import Published
from modsearch.space.data import ImageFolder
from modsearch.space.deployment import Deployment

FEW_IMAGES = 200  # a class: fewer are too few to learn a network for photographs from nothing (our choice)


@dataclass(frozen=True)
class ImageFacts:
    """What the images decide.

    Attributes:
        num_classes: classes.
        num_train: training images of all classes.
        smallest_class: training images of the class that has the fewest.
        side: pixels of the shorter side that the images usually have.
    """

    num_classes: int
    num_train: int
    smallest_class: int
    side: int


@dataclass(frozen=True)
class Request:
    """What a study is drafted for.

    Attributes:
        name: of the study.
        network: the plain network that is searched around.
        deployments: where its networks will live, by name.
        data: the folder.
        images: what is in it.
        is_gpu: proxies are trained on a GPU.
        threads: of a training on the CPU.
        num_workers: GPUs that train at a time.
        is_pretrained: proxies start from torchvision's weights.
        hours: that the search may take.
    """

    name: str
    network: Published
    deployments: Mapping[str, Deployment]
    data: ImageFolder
    images: ImageFacts
    is_gpu: bool
    threads: int
    num_workers: int
    is_pretrained: bool
    hours: float

    @property
    def is_on_ray(self) -> bool:
        """Several GPUs train at a time."""
        return self.num_workers > 1
