"""Mixup and cutmix: images of a batch put together, with labels to match."""

from torch import Tensor
from torchvision.transforms import v2

from modsearch.space import Recipe


def mix(x_BCHW: Tensor, label_B: Tensor, recipe: Recipe, num_classes: int) -> tuple[Tensor, Tensor]:
    """Blend each image with its neighbour, or put a part of that in; what is drawn comes from torch's generator.

    Returns:
        The images, and the share of each class: float (B, num_classes).
    """
    kinds = {v2.MixUp: recipe.mixup, v2.CutMix: recipe.cutmix}
    ways = [kind(alpha=alpha, num_classes=num_classes) for kind, alpha in kinds.items() if alpha]
    mixed: tuple[Tensor, Tensor] = v2.RandomChoice(ways)(x_BCHW, label_B)
    return mixed
