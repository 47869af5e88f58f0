"""A finished run in a folder, of the tabulated evaluator: what a record is made of, without training or timing."""

import base64
from pathlib import Path

import numpy as np

from modsearch.architecture import Architecture
from modsearch.record import Measurement, Remeasurement, Score, Task, Trained
from modsearch.search import LocalExecutor, RemeasurementLog, RunPlace, Study, open_for_remeasurement, open_run
from modsearch.search.evaluator import OnEpoch
from tests.conformance.tabulated import ENVIRONMENT, TabulatedEvaluator, cost, study_spec

NUM_IMAGES = 100


class FinishedEvaluator(TabulatedEvaluator):
    """The table with everything that a record keeps: GMACs, intervals, and which images were right."""

    def measure(self, architecture: Architecture) -> Score:
        score = super().measure(architecture)
        value = score.metrics["relative_latency"].value
        latency = Measurement(
            value=value, low=0.9 * value, high=1.1 * value, num_samples=9, unit="x reference", environment=ENVIRONMENT
        )
        gmacs = Measurement.exact(cost(architecture) / 1000, "GMACs")
        return score.model_copy(update={"metrics": score.metrics | {"relative_latency": latency, "gmacs": gmacs}})

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        trained = super().train(task, on_epoch)
        num_right = round(NUM_IMAGES * trained.score.metrics["accuracy"].value)
        bits = np.random.default_rng(int(task.architecture.id, 16)).permutation(np.arange(NUM_IMAGES) < num_right)
        value = num_right / NUM_IMAGES
        top1 = Measurement(value=value, low=value - 0.08, high=value + 0.08, num_samples=NUM_IMAGES, unit="fraction")
        correct = base64.b64encode(np.packbits(bits).tobytes()).decode()
        score = trained.score.model_copy(update={"metrics": {"accuracy": top1}, "correct": correct})
        return Trained(score, trained.weights)


def finished_run(folder: Path) -> Path:
    """Search ten networks with a folder of images at an absolute path, and time them once more."""
    images = {"kind": "imagefolder", "path": str(folder.parent / "my images" / "cifar10")}
    spec = study_spec(data=images, seed=1, seed_with="published", controls=["deleted"])
    evaluator = FinishedEvaluator()
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()
    with open_for_remeasurement(str(folder)) as study:
        record = RemeasurementLog(study, "again")
        for trial in study.trials():
            if trial.architecture is not None:
                record.keep(_remeasurement(trial.architecture, study, evaluator))
    return folder


def _remeasurement(architecture: Architecture, study: Study, evaluator: FinishedEvaluator) -> Remeasurement:
    """A network timed once more at the study's deployment, under another name of the place."""
    return Remeasurement(
        architecture_id=architecture.id,
        place="again",
        deployment=study.spec.deployments["cpu"],
        reference=study.spec.reference,
        score=Score(metrics={"relative_latency": evaluator.measure(architecture).metrics["relative_latency"]}),
    )
