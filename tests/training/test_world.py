"""The processes that train together: alone each is all of them."""

import pytest
import torch
from torch import Tensor

from modsearch.training.world import ALONE, World


class Apart(World):
    """Two processes, of which the other one has found another number."""

    def gather(self, tensor: Tensor) -> list[Tensor]:
        return [tensor, tensor + 1]


class Together(World):
    """Two processes that see the same."""

    def gather(self, tensor: Tensor) -> list[Tensor]:
        return [tensor, tensor.clone()]


def test_processes_that_see_different_folders_are_told() -> None:
    rule = r"--out must be one folder for all processes, on other machines too\. Got 'states \[40, 41\]' instead"
    with pytest.raises(ValueError, match=rule):
        Apart(0, 2).check_same(40)
    Together(0, 2).check_same(40)


def test_alone_it_agrees_with_itself() -> None:
    ALONE.check_same(3)
    assert ALONE.agree(7) == 7
    assert [found.tolist() for found in ALONE.gather(torch.tensor([1, 2]))] == [[1, 2]]
