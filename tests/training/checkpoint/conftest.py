"""A training that saves after every step, and one that nothing interrupts."""

from pathlib import Path

import pytest

from modsearch.record import Task, Trained
from modsearch.scoring import LocalEvaluator
from modsearch.space import StudySpec, load_spec
from tests.scoring.conftest import DEPLOYMENT
from tests.training.checkpoint.interrupted import AUGMENTED, NETWORK, saving_each_step


@pytest.fixture
def evaluator(spec: StudySpec, tmp_path: Path) -> LocalEvaluator:
    """It saves after every step."""
    return saving_each_step(spec, "cpu", tmp_path / "checkpoints")


@pytest.fixture(scope="module")
def whole() -> Trained:
    """An uninterrupted run without checkpoints."""
    spec = load_spec("digits_quickstart").with_overrides({"fidelity": AUGMENTED, "deployments": {"cpu": DEPLOYMENT}})
    return LocalEvaluator(spec, "cpu").train(Task(architecture=NETWORK, fidelity=AUGMENTED))
