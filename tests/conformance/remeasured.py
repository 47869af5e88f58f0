"""A tabulated place where networks are timed later: MoD blocks are dear there, so the front is another one."""

from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import Architecture, MoD
from modsearch.record import Environment, Measurement, Remeasurement, Score, TimingJob
from modsearch.search import LocalExecutor, RemeasurementLog, RunPlace, open_for_remeasurement, open_run
from modsearch.space import Deployment, StudySpec
from tests.conformance.tabulated import ENVIRONMENT, REFERENCE_COST, SMALL_SPACE, TIMED, TabulatedEvaluator, study_spec

ELSEWHERE = Environment(device="Table B", threads=1, software="formula 2")
WHERE = Deployment(image_size=32, num_classes=10, batch_size=16)


def remeasured_cost(architecture: Architecture) -> float:
    """1 for each standard block, 1.5 for each MoD block."""
    return sum(1.5 if isinstance(block, MoD) else 1.0 for stage in architecture.stages for block in stage)


def remeasured_score(architecture: Architecture, place: str = "cpu-b16", where: Environment = ELSEWHERE) -> Score:
    value = remeasured_cost(architecture) / REFERENCE_COST
    latency = Measurement(
        value=value, low=0.98 * value, high=1.02 * value, num_samples=3, unit="x reference", environment=where
    )
    return Score(metrics={"relative_latency": latency}, timed={place: TIMED})


def remeasurement(architecture: Architecture, **changes: Any) -> Remeasurement:
    fields = {
        "architecture_id": architecture.id,
        "place": "cpu-b16",
        "base": "cpu",
        "deployment": WHERE,
        "reference": "resnet20_cifar",
        "score": remeasured_score(architecture),
    }
    return Remeasurement.model_validate(fields | changes)


def measure_beside(architecture: Architecture, reference: Architecture, place: str, *_: object) -> Score:
    """Stands for the real one."""
    return remeasured_score(architecture, place)


def job(networks: tuple[Architecture, ...], **changes: Any) -> TimingJob:
    fields = {"place": "cpu-b16", "deployment": WHERE, "reference": "resnet20_cifar", "networks": networks}
    return TimingJob.model_validate(fields | changes)


def search(folder: Path, storage: str | None = None, **overrides: Any) -> str:
    """A run of the five networks of the small space; returns how it is opened."""
    spec, evaluator = study_spec(**{"space": SMALL_SPACE, "budget": {"trials": 5}} | overrides), TabulatedEvaluator()
    with open_run(spec, evaluator, RunPlace(folder, storage)) as study:
        LocalExecutor(study, evaluator, folder).run()
    return f"{storage}#table" if storage else str(folder)


def keep(target: str, *remeasurements: Remeasurement) -> None:
    with open_for_remeasurement(target) as study:
        record = RemeasurementLog(study, remeasurements[0].place)
        for result in remeasurements:
            record.keep(result)


class PredictingEvaluator(TabulatedEvaluator):
    """Predicts what the table says, though the truth is ``later_cost``."""

    def measure(self, architecture: Architecture) -> Score:
        score = super().measure(architecture)
        predicted = score.metrics["relative_latency"].model_copy(update={"environment": None})
        return Score(metrics={"predicted_relative_latency": predicted, "params": score.metrics["params"]})


def measure_at(architecture: Architecture, place: str, deployment: Deployment, spec: StudySpec) -> Score:
    """Stands for the real one."""
    return remeasured_score(architecture, place, ENVIRONMENT)


def search_by_prediction(folder: Path, space: dict[str, Any] = SMALL_SPACE) -> str:
    objectives = ("accuracy", "predicted_relative_latency")
    spec = study_spec(space=space, budget={"trials": 5 if space == SMALL_SPACE else 20}, objectives=objectives)
    with open_run(spec, PredictingEvaluator(), RunPlace(folder)) as study:
        LocalExecutor(study, PredictingEvaluator(), folder).run()
    return str(folder)


@pytest.fixture
def predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study may be searched by predictions that come from no table."""
    monkeypatch.setattr("modsearch.search.run.latency_tables_digest", lambda spec: {})
