"""A study of two deployments, of which one lives on another machine, and who scores its networks here."""

from dataclasses import dataclass
from typing import Any

from modsearch.architecture import Architecture
from modsearch.record import OnEpoch, Score, Task, Trained
from modsearch.space import StudySpec
from tests.conformance.tabulated import NUM_CLASSES, SMALL_SPACE, TabulatedEvaluator, study_spec
from tests.search.retime.conftest import Elsewhere

LATENCY = "relative_latency@box"


def hosted_spec(elsewhere: Elsewhere, **overrides: Any) -> StudySpec:
    """The five networks of the small space."""
    fields = {
        "space": SMALL_SPACE,
        "deployments": {
            "cpu": {"image_size": 32, "num_classes": NUM_CLASSES},
            "box": elsewhere.deployment().model_dump(),
        },
        "objectives": ("accuracy", LATENCY),
        "budget": {"trials": 5},
    }
    return study_spec(**fields | overrides)


@dataclass
class HereEvaluator(TabulatedEvaluator):
    """Knows what is timed on this machine alone.

    Attributes:
        elsewhere: the other machine.
        timed_by_then: how many networks that had begun to time, as each training began.
    """

    elsewhere: Elsewhere | None = None

    def __post_init__(self) -> None:
        self.timed_by_then: list[int] = []

    def measure(self, architecture: Architecture) -> Score:
        score = super().measure(architecture)
        latency = score.metrics["relative_latency"]
        return score.model_copy(
            update={"metrics": {"relative_latency@cpu": latency, "params": score.metrics["params"]}}
        )

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        if self.elsewhere is not None:
            self.timed_by_then.append(len(self.elsewhere.timed))
        return super().train(task, on_epoch)
