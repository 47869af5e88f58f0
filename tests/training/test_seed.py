"""Seeds: the same for the same parts, another for any other."""

import hashlib

import pytest
import torch

from modsearch.training.seed import derive_seed


def test_it_is_the_top_63_bits_of_a_sha_256() -> None:
    digest = hashlib.sha256(b"7/0/split").hexdigest()
    assert derive_seed(7, 0, "split") == int(digest[:16], 16) // 2


@pytest.mark.parametrize("other", [(1, 0, "order"), (0, 1, "order"), (0, 0, "split"), (0, 0)])
def test_every_part_counts(other: tuple[object, ...]) -> None:
    assert derive_seed(*other) != derive_seed(0, 0, "order")


def test_torch_and_its_generators_take_any_of_them() -> None:
    seeds = [derive_seed("seed", number) for number in range(200)]
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert len(set(seeds)) == 200
    for seed in seeds:
        torch.Generator().manual_seed(seed)
