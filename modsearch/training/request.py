"""From a network, a recipe and images to the request of a training."""

import torch

from modsearch.architecture import Architecture
from modsearch.images import Material, OnProgress, Share, load_material
from modsearch.message import must_be
from modsearch.record import TrainingRequest
from modsearch.space import Data, Recipe
from modsearch.training.seed import derive_seed
from modsearch.training.world import World


def read_material(
    data: Data, recipe: Recipe, device: torch.device, world: World, on_progress: OnProgress | None = None
) -> Material:
    """The images of a training; split and order are those of a study's first replicate of the same seed.

    Raises:
        ValueError: the data cannot give what is asked, a batch is more than there are images, or nothing would judge
            the network.
    """
    seeds = derive_seed(recipe.seed, 0, "split"), derive_seed(recipe.seed, 0, "order")
    share = Share(world.rank, world.size, recipe.accumulate)
    material = load_material(data, recipe, device, seeds, share, on_progress)
    if recipe.batch_size > material.num_train:
        rule = f"at most {material.num_train}, the training images"
        raise ValueError(must_be("recipe.batch_size", rule, recipe.batch_size))
    if material.held_out is None and not material.train.num_validation:
        rule = "above 0 where no images are held out: nothing would judge the network"
        raise ValueError(must_be("recipe.validation", rule, recipe.validation))
    return material


def check_batch(recipe: Recipe, num_processes: int) -> None:
    """Raise ValueError where a batch cannot be cut into equal parts."""
    parts = num_processes * recipe.accumulate
    if recipe.batch_size % parts:
        nearest = max(parts, round(recipe.batch_size / parts) * parts)
        cut = f"{num_processes} processes" + (f" that accumulate {recipe.accumulate}" * (recipe.accumulate > 1))
        raise ValueError(
            must_be("recipe.batch_size", f"a multiple of {parts}, for {cut}, such as {nearest}", recipe.batch_size)
        )


def make_request(
    name: str, origin: str, architecture: Architecture, recipe: Recipe, data: Data, material: Material
) -> TrainingRequest:
    """What is asked of a training.

    Args:
        name: of the network beside others.
        origin: where it was chosen.
        architecture: the network.
        recipe: its image size is given, on CPUs also its threads.
        data: the images, as they were named.
        material: what was read of them.
    """
    (red, green, blue), std = material.mean, material.std
    return TrainingRequest(
        name=name,
        origin=origin,
        architecture=architecture,
        recipe=recipe,
        data=data,
        content_hash=material.content_hash,
        class_names=material.class_names,
        mean=(red, green, blue),
        std=(std[0], std[1], std[2]),
        num_train=material.num_train,
        num_validation=material.train.num_validation,
        num_held_out=0 if material.held_out is None else material.held_out.num_validation,
        is_streamed=material.is_streamed,
        processes=material.train.share.size,
        software=f"torch {torch.__version__} on {material.device.type}",
    )
