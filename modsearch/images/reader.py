"""Reader: pictures prepared in other processes, batch by batch."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from modsearch.images.picture import Picture, Unreadable, attempt, sound
from modsearch.images.preparation import Preparation
from modsearch.images.seed import image_seed
from modsearch.images.worker import begin_worker, num_workers, start_server, starting_workers


@dataclass(frozen=True, slots=True)
class Request:
    """Pictures that are wanted together.

    Attributes:
        places: theirs among all pictures.
        epoch: for which they are drawn; None as for validation.
    """

    places: list[int]
    epoch: int | None = None


class Prepared(Dataset[Tensor | str]):
    """What is made of pictures when it is asked for. It is sent to every worker.

    Args:
        pictures: all that there are; a table is not copied.
        preparation: what is made of them.
        size: pixels of a side afterwards.
        seed: of all draws.
    """

    def __init__(self, pictures: Sequence[Picture], preparation: Preparation, size: int, seed: int) -> None:
        self._pictures = pictures
        self._preparation = preparation
        self._size = size
        self._seed = seed

    def __getitem__(self, request: Request) -> Tensor | str:
        """Uint8 (B, size, size, 3), or which pictures cannot be read: an error would bring its worker's traceback."""
        pixels_BHWC = torch.empty(len(request.places), self._size, self._size, 3, dtype=torch.uint8)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # PIL's, of large images and odd ones
                for place, pixels_HWC in enumerate(sound(self._attempts(request))):
                    pixels_BHWC.numpy()[place] = pixels_HWC
        except ValueError as error:
            return str(error)
        return pixels_BHWC

    def _attempts(self, request: Request) -> Iterator[NDArray[np.uint8] | Unreadable]:
        for place in request.places:
            yield attempt(self._preparing(place, request.epoch), self._pictures[place])

    def _preparing(self, place: int, epoch: int | None) -> Any:
        if epoch is None:
            return self._preparation.middle
        return partial(self._preparation.draw, seed=image_seed(self._seed, epoch, place))


class Reader:
    """Prepares pictures in workers, which live as long as it does and begin when they are first needed.

    Args:
        prepared: the pictures.
        is_pinned: give batches in memory from which a GPU copies beside its work.
    """

    def __init__(self, prepared: Prepared, is_pinned: bool) -> None:
        self._prepared = prepared
        self._is_pinned = is_pinned
        self._idle: list[DataLoader[Tensor | str]] = []

    def read(self, requests: Iterable[Request]) -> Iterator[Tensor]:
        """Uint8 (B, size, size, 3) for each request, in order. Whoever reads twice at a time has more workers.

        Raises:
            ValueError: pictures cannot be read; they are named.
            OSError: a worker died.
        """
        loader = self._idle.pop() if self._idle else self._loader()
        assert isinstance(loader.sampler, _Requests)
        loader.sampler.pending = requests
        try:
            for answer in loader:
                if isinstance(answer, str):
                    raise ValueError(answer)
                yield answer
        except (RuntimeError, OSError, EOFError) as error:
            if isinstance(error, RuntimeError) and "DataLoader worker (pid" not in str(error):
                raise
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise OSError(f"A process that reads images died, perhaps for want of memory: {reason}") from error
        finally:
            self._idle.append(loader)

    def _loader(self) -> DataLoader[Tensor | str]:
        workers = num_workers()
        loader = DataLoader(
            self._prepared,
            batch_size=None,
            sampler=_Requests(),
            num_workers=workers,
            pin_memory=self._is_pinned,
            generator=Generator(),  # else each pass draws a number that the training would draw
            multiprocessing_context=start_server() if workers else None,
            persistent_workers=workers > 0,
            worker_init_fn=begin_worker,
        )
        if workers:
            with starting_workers():
                iter(loader)  # an empty pass: they begin, and stay
        return loader


class _Requests:
    """The sampler of a loader, which outlives a pass: what the next pass asks for."""

    def __init__(self) -> None:
        self.pending: Iterable[Request] = ()

    def __iter__(self) -> Iterator[Request]:
        return iter(self.pending)
