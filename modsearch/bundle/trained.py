"""The source of a bundle that comes from a training in full."""

from pathlib import Path

import torch

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
        data: image folder, where the images lie at another place now.

    Raises:
        ValueError: the training is not done, its weights are broken, or the images are not there, or others.
    """
    request, result = read_request(folder), read_result(folder)
    if result is None:
        raise ValueError(f"{str(folder)!r} holds a training that is not done: its command goes on with it.")
    recipe, place = request.recipe, _moved(request.data, data)
    choice = choose(place, recipe, derive_seed(recipe.seed, 0, "split"))
    _check_images(request, choice)
    unseen, places = _unseen(place, request, choice)
    unseen_NHWC, unseen_N = sample(unseen, places, recipe.size)
    train = choice.num_train
    more = spread(0, train, NUM_CHECKED - len(unseen_N))
    more_NHWC, more_N = sample(choice.selection, more, recipe.size)
    return Source(
        architecture=request.architecture,
        model=read_model(request.architecture, folder / WEIGHTS, len(request.class_names), recipe.size),
        config=_config(request),
        pixels_NHWC=torch.cat((unseen_NHWC, more_NHWC)),
        label_N=torch.cat((unseen_N, more_N)),
        num_unseen=len(unseen_N),
        calibration_NHWC=sample(choice.selection, spread(0, train, NUM_CALIBRATION), recipe.size)[0],
        origin=_origin(request, result),
        dataset=request.data.kind,
        timed_size=recipe.size,
        latencies=read_latency(folder),
        is_proxy=False,
        judged=result.judged,
        accuracy=result.accuracy,
        unseen=digests(unseen, places, request.class_names),
    )


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
