"""World: the processes that train one network together."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread

import torch
from torch import Tensor
from torch import distributed as dist

from modsearch.message import must_be

LAUNCHER = "MODSEARCH_LAUNCHER"
"""The environment variable by which our own launcher tells its processes its number."""
_LOOK_S = 0.5
_PATIENCE = timedelta(minutes=30)  # one process writes a checkpoint, or decodes images, while the others wait


@dataclass(frozen=True)
class World:
    """The processes that train one network together, as each of them sees it.

    Attributes:
        rank: of this process, from 0.
        size: how many there are.
        local_rank: of this process on its machine.
        local_size: how many there are on its machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process speaks for all: it writes and prints."""
        return self.rank == 0

    def device(self, wanted: torch.device) -> torch.device:
        """The device of this process: of a machine's GPUs each takes its own."""
        return torch.device("cuda", self.local_rank) if wanted.type == "cuda" else wanted

    def threads(self, wanted: int) -> int:
        """CPU threads of this process, of so many of its machine."""
        return max(1, wanted // self.local_size)

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            self.agree(1)

    def average_(self, tensors: Iterable[Tensor]) -> None:
        """Give each of these the mean over all processes."""
        for tensor in tensors if self.size > 1 else ():
            dist.all_reduce(tensor)
            tensor /= self.size

    def sum_(self, tensor: Tensor) -> None:
        """Give this the sum over all processes."""
        if self.size > 1:
            dist.all_reduce(tensor)

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """What each process has in the place of this one."""
        if self.size == 1:
            return [tensor]
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(found, tensor)
        return found

    def agree(self, number: int) -> int:
        """The number that the first process has."""
        if self.size == 1:
            return number
        found = torch.tensor(int(number))  # gloo sends no bool
        dist.broadcast(found, 0)
        return int(found)

    def check_same(self, number: int) -> None:
        """Raise ValueError where the processes have found different numbers in what should be one folder."""
        found = [int(their) for their in self.gather(torch.tensor(int(number)))]
        if len(set(found)) > 1:
            raise ValueError(must_be("--out", "one folder for all processes, on other machines too", f"states {found}"))


ALONE = World()


def is_launched() -> bool:
    """Whether torch's launcher has started this process as one of several."""
    return dist.is_torchelastic_launched()


@contextmanager
def joined(device: torch.device) -> Iterator[World]:
    """This process among those that torch's launcher has started together."""
    local_rank, local_size = int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])
    launcher = int(os.environ.get(LAUNCHER) or os.getppid())  # it may be dead by now
    Thread(target=_end_with, args=(launcher,), daemon=True).start()
    if device.type == "cuda":
        if local_size > torch.cuda.device_count():
            rule = f"at most {torch.cuda.device_count()}, the GPUs of this machine"
            raise ValueError(must_be("the number of processes", rule, local_size))
        torch.cuda.set_device(local_rank)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    yield World(dist.get_rank(), dist.get_world_size(), local_rank, local_size)
    dist.destroy_process_group()  # not after an error: it would wait for processes that wait for this one


def _end_with(parent: int) -> None:
    """End this process when its launcher dies, which starts it in a session of its own."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
