"""Errors of want: memory that a network does not get, told by its name and with what to change."""

from collections.abc import Callable

import pytest

from modsearch.search.error import OutOfMemory, StorageFailed, memory_advice
from tests.conformance.tabulated import study_spec

NETWORK = study_spec().space.costliest()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 23.4 GiB for an array"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_every_want_of_memory_is_known(error: Exception) -> None:
    said = str(error) or "MemoryError"
    with pytest.raises(OutOfMemory) as told, memory_advice(NETWORK, "Give less."):
        raise error
    assert str(told.value) == f"{NETWORK.id} wants more memory than there is. Give less. ({said})"


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, KeyboardInterrupt])
def test_other_errors_are_left_as_they_are(kind: Callable[[str], BaseException]) -> None:
    error = kind("shapes do not match")
    with pytest.raises(type(error)) as told, memory_advice(NETWORK, "Give less."):
        raise error
    assert told.value is error


def test_a_full_database_is_a_full_disk() -> None:
    told = str(StorageFailed("sqlite:///a.db", RuntimeError("database or disk is full")))
    assert told.startswith("'sqlite:///a.db' cannot be written: the disk is full (database or disk is full). Nothing")
