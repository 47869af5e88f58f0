"""A study on the digits with everything as small as it gets."""

from collections.abc import Iterator
from typing import Any

import pytest

from modsearch.scoring import latency
from modsearch.scoring.environment import pinned_threads
from modsearch.space import Deployment, Fidelity, StudySpec, load_spec

FIDELITY = Fidelity(
    image_size=8, images_per_class=20, epochs=2, batch_size=32, learning_rate=0.1, augment=False, threads=1
)
DEPLOYMENT = Deployment(image_size=8, num_classes=10, batch_size=2, threads=1)


@pytest.fixture(autouse=True)
def single_thread() -> Iterator[None]:
    """Tiny networks gain nothing from a second thread, and on a busy machine they wait for it."""
    with pinned_threads(1):
        yield


@pytest.fixture
def spec() -> StudySpec:
    return load_spec("digits_quickstart").with_overrides({"fidelity": FIDELITY, "deployments": {"cpu": DEPLOYMENT}})


@pytest.fixture
def short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call a sample and hardly any warm-up: the structure of a timing is tested, never a time."""
    settings: dict[str, Any] = {"_WARM_UP_S": 0.001, "_MAX_CALLS": 1}
    for name, value in settings.items():
        monkeypatch.setattr(latency, name, value)
