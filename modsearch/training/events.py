"""A learning curve as TensorBoard events."""

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from modsearch.record import Epoch

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

EVENTS = "events"
"""The folder, in that of a training."""
_log = logging.getLogger(__name__)


def check_tensorboard() -> None:
    """Raise ValueError where the package is missing that writes events."""
    if find_spec("tensorboard") is None:
        raise ValueError("TensorBoard events need one more package: pip install 'modsearch[tensorboard]'.")


class Events:
    """Writes loss, validation accuracy and images a second of each epoch below ``events`` in a training's folder.

    A training that goes on tells its earlier epochs again: with the first of them, what an earlier start wrote there is
    removed. Nothing is touched before. Events that cannot be written are given up, and the training goes on. Use as a
    context manager.

    Args:
        folder: of the training; it need not exist yet.
        num_images: that an epoch trains on.

    Raises:
        ValueError: the package ``tensorboard`` is missing.
    """

    def __init__(self, folder: Path, num_images: int) -> None:
        check_tensorboard()
        self._folder = folder / EVENTS
        self._num_images = num_images
        self._writer: SummaryWriter | None = None
        self._is_lost = False

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._writer is not None:
                self._writer.close()
        except OSError as error:
            self._lose(error)

    def on_epoch(self, number: int, epoch: Epoch) -> None:
        """Write what an epoch gave; numbers count from 1."""
        if self._is_lost:
            return
        try:
            self._write(number, epoch)
        except OSError as error:
            self._lose(error)

    def _write(self, number: int, epoch: Epoch) -> None:
        if self._writer is None:
            self._writer = _new_writer(self._folder)
        values = {
            "loss": epoch.loss,
            "validation_accuracy": epoch.accuracy,
            "images_per_second": self._num_images / max(epoch.seconds, 1e-9),
        }
        for name, value in values.items():
            if value is not None:
                self._writer.add_scalar(name, value, number)
        self._writer.flush()

    def _lose(self, error: OSError) -> None:
        if not self._is_lost:
            _log.warning("TensorBoard events cannot be written any more (%s). The training goes on.", error)
        self._is_lost = True


def _new_writer(folder: Path) -> "SummaryWriter":
    """A writer of an empty folder."""
    from torch.utils.tensorboard import SummaryWriter  # optional, and slow to import

    for path in folder.glob("events.out.tfevents.*"):
        path.unlink()
    return SummaryWriter(str(folder))
