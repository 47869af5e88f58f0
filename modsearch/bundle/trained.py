"""The source of a bundle that comes from a training in full."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from modsearch.bundle.config import Config
from modsearch.bundle.latency import read_latency
from modsearch.bundle.source import NUM_CALIBRATION, NUM_CHECKED, Source, digests, read_model
from modsearch.images import Choice, choose, choose_held_out, content_hash
from modsearch.images.cache import Selection
from modsearch.images.decode import storage_size
from modsearch.images.sample import sample, spread
from modsearch.record import TrainingRequest, TrainingResult
from modsearch.record.training_file import read_request, read_result
from modsearch.space import Data, ImageFolder
from modsearch.training.folder import WEIGHTS
from modsearch.training.seed import derive_seed


def trained_source(folder: Path, data: Path | None = None) -> Source:
    """A network that was trained in full.

    Args:
        folder: of its training.
        data: image folder, where the images lie at another place now. Where they are gone, and it is not given, images
            are drawn: files are compared on them, and nothing else is found out.

    Raises:
        ValueError: the training is not done, its weights are broken, or the images are not there, or others.
    """
    request, result = read_request(folder), read_result(folder)
    if result is None:
        raise ValueError(f"{str(folder)!r} holds a training that is not done: its command goes on with it.")
    images = _drawn(request) if data is None and _are_gone(request.data) else _read(request, _moved(request.data, data))
    latencies, size = read_latency(folder), request.recipe.size
    return Source(
        architecture=request.architecture,
        model=read_model(request.architecture, folder / WEIGHTS, len(request.class_names), size),
        config=_config(request),
        **vars(images),
        origin=_origin(request, result),
        dataset=request.data.kind,
        timed_size=latencies.claims[0].deployment.image_size if latencies.claims else size,
        latencies=latencies,
        is_proxy=False,
        judged=result.judged,
        accuracy=result.accuracy,
    )


@dataclass(frozen=True, eq=False)
class _Images:
    """What ``Source`` says of images."""

    pixels_NHWC: Tensor  # noqa: N815
    label_N: Tensor  # noqa: N815
    num_unseen: int
    calibration_NHWC: Tensor  # noqa: N815
    unseen: dict[str, list[str]]


def _read(request: TrainingRequest, place: Data) -> _Images:
    """Those of the training, at a place."""
    recipe = request.recipe
    choice = choose(place, recipe, derive_seed(recipe.seed, 0, "split"))
    _check_images(request, choice)
    unseen, places = _unseen(place, request, choice)
    unseen_NHWC, unseen_N = sample(unseen, places, recipe.size)
    more = spread(0, choice.num_train, NUM_CHECKED - len(unseen_N))
    more_NHWC, more_N = sample(choice.selection, more, recipe.size)
    return _Images(
        pixels_NHWC=torch.cat((unseen_NHWC, more_NHWC)),
        label_N=torch.cat((unseen_N, more_N)),
        num_unseen=len(unseen_N),
        calibration_NHWC=sample(choice.selection, spread(0, choice.num_train, NUM_CALIBRATION), recipe.size)[0],
        unseen=digests(unseen, places, request.class_names),
    )


def _are_gone(data: Data) -> bool:
    return isinstance(data, ImageFolder) and data.path is not None and not data.path.is_dir()


def _drawn(request: TrainingRequest) -> _Images:
    """Images of independent pixels with the colours of the training's, always the same ones."""
    size, generator = request.recipe.size, torch.Generator().manual_seed(0)
    mean_C, std_C = (255 * torch.tensor(values) for values in (request.mean, request.std))
    noise_NHWC = torch.randn(NUM_CHECKED, size, size, len(mean_C), generator=generator)
    pixels_NHWC = (mean_C + std_C * noise_NHWC).clamp(0, 255).to(torch.uint8)
    return _Images(pixels_NHWC, torch.zeros(NUM_CHECKED, dtype=torch.int64), 0, pixels_NHWC[:0], {})


def _moved(data: Data, path: Path | None) -> Data:
    if path is None:
        return data
    known = data if isinstance(data, ImageFolder) else ImageFolder()
    return known.model_copy(update={"path": path.absolute()})


def _check_images(request: TrainingRequest, choice: Choice) -> None:
    """The files of streamed images may have been copied, which changes what stands for their content."""
    counts = choice.class_names, choice.num_train
    is_same = counts == (request.class_names, request.num_train)
    if not is_same or not (request.is_streamed or content_hash(choice.selection) == request.content_hash):
        raise ValueError("The images are others than those of the training: give the same with --data.")


def _unseen(data: Data, request: TrainingRequest, choice: Choice) -> tuple[Selection, list[int]]:
    """Images that the network did not learn from, those that judged it, and the places of those that are checked."""
    held_out = choose_held_out(data, request.recipe)
    if held_out is None:
        return choice.selection, spread(choice.num_train, len(choice.selection.labels), NUM_CHECKED)
    return held_out, spread(0, len(held_out.labels), NUM_CHECKED)


def _config(request: TrainingRequest) -> Config:
    return Config(
        architecture_id=request.architecture.id,
        image_size=request.recipe.size,
        resize=storage_size(request.recipe.size),
        mean=request.mean,
        std=request.std,
        class_names=request.class_names,
    )


def _origin(request: TrainingRequest, result: TrainingResult) -> str:
    kept = f"those of epoch {result.epoch} of {request.recipe.epochs}" if request.num_validation else "the last ones"
    return (
        f"{request.origin}, trained in full for {request.recipe.epochs} epochs on {request.num_train:,} images; "
        f"{kept} are kept"
    )
