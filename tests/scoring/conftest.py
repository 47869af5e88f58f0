"""A study on the digits with everything as small as it gets."""

import math
from collections.abc import Iterator

import pytest

from modsearch.models.device import pinned_threads
from modsearch.scoring import plan
from modsearch.scoring.latency import protocol, rounds
from modsearch.scoring.latency.job import Effort
from modsearch.scoring.latency.rounds import run_job
from modsearch.space import Deployment, Fidelity, StudySpec, TimingProtocol, load_spec

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


def shorten(patch: pytest.MonkeyPatch) -> None:
    """Time in this process, with one call a sample and hardly any warm-up, and be content with any interval."""
    patch.setattr(protocol, "run_fresh", run_job)
    patch.setattr(plan, "start_server", lambda: None)
    patch.setattr(protocol, "EFFORT", Effort(num_rounds=4, warm_up_s=0.001, sample_s=1e-9))
    patch.setattr(rounds, "with_peak_memory", lambda start, _: (start(), 1.5))  # this process has run networks before
    patch.setattr(TimingProtocol, "half_width_for", lambda *_: math.inf)


@pytest.fixture
def short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The structure of a timing is tested, never a time."""
    shorten(monkeypatch)
