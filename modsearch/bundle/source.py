"""Source: the network that is carried away, and the images that it is checked on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from modsearch.architecture import Architecture
from modsearch.bundle.config import Config
from modsearch.bundle.latency import Claims, claims
from modsearch.images import Images, OnProgress, Split, choose, load_split
from modsearch.images.augmentation import centre_crop
from modsearch.images.cache import Selection
from modsearch.images.decode import storage_size
from modsearch.images.sample import spread
from modsearch.message import must_be
from modsearch.models import build, load_weights
from modsearch.models.weights import read_weights
from modsearch.record import Judged, Measurement, Score
from modsearch.space import StudySpec
from modsearch.training.seed import derive_seed

NUM_CHECKED = 2000
NUM_CALIBRATION = 256


@dataclass(frozen=True, eq=False)
class Source:
    """What a bundle is made of.

    Attributes:
        architecture: the network.
        model: with its trained weights, on the CPU and in evaluation mode.
        config: how it is fed and read.
        pixels_NHWC: uint8 images that it is checked on, those first that it did not learn from.
        label_N: their classes; of drawn images nobody knows them, and 0 stands for all.
        num_unseen: how many of them it did not learn from; 0 where they are drawn.
        calibration_NHWC: uint8 images that it learnt from, by which files of 8-bit integers are calibrated.
        origin: where the weights come from, in one sentence.
        dataset: what kind of data they are of.
        timed_size: pixels of a side at which the study timed the network.
        latencies: what it timed.
        is_proxy: they are those of a search, which trains for a short time.
        judged: what the images are called that the network did not learn from.
        accuracy: on all of these, where they are more than are checked here.
        unseen: class -> SHA-256 of each of its images that are checked and that the network did not learn from: of the
            file or, where data have no files, of the pixels, uint8 (H, W, 3).
    """

    architecture: Architecture
    model: nn.Module
    config: Config
    pixels_NHWC: Tensor  # noqa: N815
    label_N: Tensor  # noqa: N815
    num_unseen: int
    calibration_NHWC: Tensor  # noqa: N815
    origin: str
    dataset: str
    timed_size: int
    latencies: Claims
    is_proxy: bool
    judged: Judged = "validation"
    accuracy: Measurement | None = None
    unseen: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_drawn(self) -> bool:
        """Whether the images are drawn at random, for want of real ones: its accuracy is that of its training."""
        return self.num_unseen == 0


def proxy_source(
    spec: StudySpec,
    architecture: Architecture,
    weights: Path,
    score: Score | None = None,
    data_digest: str | None = None,
    on_progress: OnProgress | None = None,
) -> Source:
    """A network of a study with the weights of its proxy.

    Args:
        spec: the study.
        architecture: one of its networks.
        weights: what the search stored of it.
        score: what it found out about it.
        data_digest: of the images that the study was trained on, as its fingerprint has it.
        on_progress: called with images done and in all while they are decoded.

    Raises:
        ValueError: the proxy is another network than the target, the weights are missing, broken or of another network,
            or the data are not there, or others.
    """
    fidelity = spec.fidelity
    if fidelity.is_smoke_test:
        raise ValueError(must_be("fidelity.width", "1: the study trained other networks than these", fidelity.width))
    split = load_split(spec.data, fidelity, derive_seed(spec.seed, 0, "split"), on_progress)
    if data_digest not in (None, spec.fingerprint(split.content_hash, "")["data"]):
        raise ValueError("The images are others than those that the study was trained on: give the same with --data.")
    model = read_model(architecture, weights, len(split.class_names), fidelity.image_size)
    pixels_NHWC, label_N, num_unseen = checked_images(_with_more(split, spec, on_progress), fidelity.image_size)
    return Source(
        architecture=architecture,
        model=model,
        config=_config(architecture, split, fidelity.image_size),
        pixels_NHWC=pixels_NHWC,
        label_N=label_N,
        num_unseen=num_unseen,
        calibration_NHWC=calibration_images(split, fidelity.image_size),
        origin=f"the proxy of a search ({spec.name}): {fidelity.epochs} epochs on {len(split.train):,} images",
        dataset=spec.data.kind,
        timed_size=next(iter(spec.deployments.values())).image_size,
        latencies=claims(spec, score),
        is_proxy=True,
        unseen=_unseen(spec, num_unseen),
    )


def read_model(architecture: Architecture, weights: Path, num_classes: int, image_size: int) -> nn.Module:
    """A network with the weights of a file, in evaluation mode; ValueError where they are broken or of another one."""
    stored = read_weights(weights)
    with torch.random.fork_rng(devices=[]):
        model = build(architecture, num_classes, image_size)
    try:
        load_weights(model, stored)
    except ValueError as error:
        raise ValueError(f"{str(weights)!r}: {error}") from None
    return model.eval()


def _with_more(split: Split, spec: StudySpec, on_progress: OnProgress | None) -> Split:
    """The split, with all training images that there are where the proxy's are too few to check a network on."""
    if spec.fidelity.images_per_class is None or len(split.validation) + len(split.train) >= NUM_CHECKED:
        return split
    everything = spec.fidelity.model_copy(update={"images_per_class": None})
    more = load_split(spec.data, everything, derive_seed(spec.seed, 0, "split"), on_progress)
    return replace(split, train=more.train)


def _unseen(spec: StudySpec, number: int) -> dict[str, list[str]]:
    choice = choose(spec.data, spec.fidelity, derive_seed(spec.seed, 0, "split"))
    places = spread(choice.num_train, len(choice.selection.labels), number)
    return digests(choice.selection, places, choice.class_names)


def digests(selection: Selection, places: Sequence[int], class_names: Sequence[str]) -> dict[str, list[str]]:
    """Class -> SHA-256 of those pictures of it that have these places, as they are before they are decoded."""
    found: dict[str, list[str]] = {name: [] for name in class_names}
    for place in places:
        content = selection.pictures[place].content()
        found[class_names[selection.labels[place]]].append(hashlib.sha256(content).hexdigest())
    return found


def _config(architecture: Architecture, split: Split, image_size: int) -> Config:
    (red, green, blue), std = ((values / 255).tolist() for values in split.train.mean_std)
    return Config(
        architecture_id=architecture.id,
        image_size=image_size,
        resize=storage_size(image_size),
        mean=(red, green, blue),
        std=(std[0], std[1], std[2]),
        class_names=split.class_names,
    )


def checked_images(split: Split, image_size: int) -> tuple[Tensor, Tensor, int]:
    """At most 2,000 images in the middle crop with their labels, first those of the validation part.

    Returns:
        uint8 (N, image_size, image_size, 3), int64 (N,), and how many of them belong to the validation part.
    """
    num_unseen = min(NUM_CHECKED, len(split.validation))
    parts = [(split.validation, num_unseen), (split.train, min(NUM_CHECKED - num_unseen, len(split.train)))]
    pixels = [_evenly(images, number, image_size) for images, number in parts]
    return torch.cat([part[0] for part in pixels]), torch.cat([part[1] for part in pixels]), num_unseen


def calibration_images(split: Split, image_size: int) -> Tensor:
    """At most 256 images of the training part in the middle crop, uint8 (N, image_size, image_size, 3)."""
    return _evenly(split.train, min(NUM_CALIBRATION, len(split.train)), image_size)[0]


def _evenly(images: Images, number: int, image_size: int) -> tuple[Tensor, Tensor]:
    index_B = torch.tensor(spread(0, len(images), number), dtype=torch.int64)
    return centre_crop(images.pixels_NHWC, index_B, image_size), images.labels_N[index_B]
