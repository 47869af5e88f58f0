"""Tables are measured by a formula."""

import pytest

from tests.scoring.latency_table.additive import Adder, install


@pytest.fixture
def adder(monkeypatch: pytest.MonkeyPatch) -> Adder:
    return install(monkeypatch)
