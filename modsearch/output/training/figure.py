"""The figures of a training as files."""

from collections.abc import Sequence
from pathlib import Path

from modsearch.output.draw.file import save_picture
from modsearch.output.training.confusion import Counts
from modsearch.output.training.heat_map import MAX_CLASSES, confusion_picture
from modsearch.output.training.matplotlib import training_picture
from modsearch.record import TrainingRequest, TrainingResult


def save_training_figure(path: Path, request: TrainingRequest, result: TrainingResult) -> None:
    """Draw accuracy and loss over the epochs, the kept one marked, into a ``.png`` or ``.svg``.

    Raises:
        ValueError: the suffix is another one, or the folder does not exist.
        OSError: the file cannot be written.
    """
    save_picture(path, lambda: training_picture(request, result))


def save_confusion_figure(path: Path, count_KK: Counts, class_names: Sequence[str]) -> bool:
    """Draw which class was taken for which into a ``.png`` or ``.svg``: with counts up to 20 classes.

    Nothing is written for more than 100 classes, which no picture shows: the table of counts has them.

    Returns:
        Whether it was drawn.

    Raises:
        ValueError: the suffix is another one, or the folder does not exist.
        OSError: the file cannot be written.
    """
    assert count_KK.shape == (len(class_names), len(class_names))
    if not 0 < len(class_names) <= MAX_CLASSES:
        return False
    save_picture(path, lambda: confusion_picture(count_KK, class_names))
    return True
