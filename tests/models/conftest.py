"""Tiny networks gain nothing from a second thread, and on a busy machine they wait for it."""

from collections.abc import Iterator

import pytest

from modsearch.models.device import pinned_threads


@pytest.fixture(autouse=True)
def single_thread() -> Iterator[None]:
    with pinned_threads(1):
        yield
