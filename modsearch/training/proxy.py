"""The training of a proxy: the loop's special case, with the short recipe that is the same for all of a study."""

from torch import Tensor, nn

from modsearch.images import Batches
from modsearch.record import Epoch, OnEpoch
from modsearch.space import Fidelity, Recipe
from modsearch.training.checkpoint import Checkpoint
from modsearch.training.loop import Course, train

CURVE_IMAGES = 1000  # all 5,000 of CIFAR after each epoch would cost a fifth of the training time on a CPU


def fit(
    model: nn.Module,
    batches: Batches,
    fidelity: Fidelity,
    on_epoch: OnEpoch | None = None,
    checkpoint: Checkpoint | None = None,
    until_epoch: int | None = None,
) -> tuple[tuple[Epoch, ...], Tensor]:
    """Train with the fidelity's optimizer on a one-cycle schedule with label smoothing, see ``train``.

    Before the last epoch, the learning curve's accuracy is taken over about a thousand of the validation images.

    Returns:
        The learning curve, and for each validation image whether the final weights classify it correctly (bool, N).

    Raises:
        Diverged: the loss of an epoch is not finite.
    """
    course = Course(batches, Recipe.proxy(fidelity), checkpoint=checkpoint, curve_images=CURVE_IMAGES)
    return train(model, course, on_epoch, until_epoch)
