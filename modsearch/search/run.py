"""A run: a study, its folder, and the one driver that may write to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from modsearch.record import Score
from modsearch.search.evaluator import Evaluator
from modsearch.search.study import Header, Study, create_study, has_study, open_storage, resume_study, write_spec
from modsearch.space import StudySpec, metric


@dataclass(frozen=True)
class RunPlace:
    """Where a run keeps things.

    Attributes:
        folder: spec.yaml, the weights, and the journal unless there is a storage.
        storage: URL of an Optuna database instead of the journal.
        training_device: ``cpu`` or ``cuda``: part of what changes results.
    """

    folder: Path
    storage: str | None = None
    training_device: str = "cpu"


@contextmanager
def open_run(spec: StudySpec, evaluator: Evaluator, place: RunPlace) -> Iterator[Study]:
    """Create the run, or go on with it, as its only driver.

    The reference network is timed against itself first: its relative latency should be 1, and it says which machine
    this is.

    Raises:
        ValueError: another driver is at work, the storage cannot be opened, or the run was started under conditions
            that do not compare.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(place.folder / "driver.lock", timeout=0):
            yield _open(spec, evaluator, place)
    except Timeout:
        raise ValueError(f"Another search is writing to {str(place.folder)!r}. Wait for it, or give --out.") from None


def _open(spec: StudySpec, evaluator: Evaluator, place: RunPlace) -> Study:
    storage = open_storage(place.folder, place.storage)
    reference = evaluator.measure(spec.reference_architecture)
    header = Header(
        spec=spec,
        fingerprint=spec.fingerprint(evaluator.data_hash, place.training_device),
        folder=str(place.folder.resolve()),
        environments={name: each.environment for name, each in reference.metrics.items() if each.environment},
        hypervolume_reference=(),
    )
    if has_study(storage, spec.name):
        study = resume_study(storage, header)
    else:
        corner = _hypervolume_reference(spec, evaluator.measure(spec.space.costliest()), evaluator.num_classes)
        study = create_study(storage, header.model_copy(update={"hypervolume_reference": corner}))
    write_spec(place.folder, spec)
    return study


def _hypervolume_reference(spec: StudySpec, costliest: Score, num_classes: int) -> tuple[float, ...]:
    """Chance accuracy, and what the costliest network of the space costs."""
    return tuple(
        1 / num_classes if metric(name).is_trained else costliest.metrics[name].value for name in spec.objectives
    )
