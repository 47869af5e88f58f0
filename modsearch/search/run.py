"""A run: a study, its folder, and the one driver that may write there."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from optuna.storages import JournalStorage

from modsearch.architecture import Architecture
from modsearch.message import is_out_of_memory, must_be, one_of
from modsearch.record import Measurement, Score, latency_tables_digest
from modsearch.search.error import SearchFailed, SettingFailed, is_disk_full, one_line
from modsearch.search.evaluator import Evaluator
from modsearch.search.propose.sampler import create_sampler, first_design
from modsearch.search.retime.hosts import Hosts, NotTimed
from modsearch.search.store.database import database_failures
from modsearch.search.store.header import Header
from modsearch.search.store.journal import Journal
from modsearch.search.store.lock import alone_in
from modsearch.search.store.run_folder import JOURNAL, check_links, write_spec
from modsearch.search.store.study import (
    Study,
    check_fingerprint,
    create_study,
    is_new,
    open_storage,
    resume_study,
    study_names,
)
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
def open_run(spec: StudySpec, evaluator: Evaluator, place: RunPlace, hosts: Hosts | None = None) -> Iterator[Study]:
    """Create the run, or go on with it, as the only driver of its folder.

    The reference network is timed against itself first, two instances that are built apart: it says which machine this
    is, and how quiet (the header keeps what it gave, which should be 1).

    In a database several drivers may be at work on a study, each in a folder of its own.

    Args:
        spec: the study.
        evaluator: of this machine.
        place: where the run keeps things.
        hosts: the machines that time networks for the study.

    Raises:
        ValueError: another driver is at work in the folder, the storage cannot be opened, the run was started under
            conditions that do not compare, or an objective or constraint cannot be measured here.
        StorageFailed: the database failed, while it was opened or in the body.
    """
    check_links(place.folder)
    with (
        alone_in(place.folder, "Wait for it, or give --out."),
        database_failures(place.storage),
        joined(_open(spec, evaluator, place, hosts or Hosts(spec)), place.folder) as study,
    ):
        yield study


@contextmanager
def joined(study: Study, folder: Path) -> Iterator[Study]:
    """Be a driver of a study, one among others where it is in a database. The folder must be locked."""
    if isinstance(study.optuna_study._storage, JournalStorage):
        yield study
        return
    from modsearch.search.store.shared_study import shared  # SQLAlchemy takes a moment to import

    with shared(study, folder) as one_of_many:
        if one_of_many.salt:
            _set_sampler(study, one_of_many.salt)
        yield one_of_many


def _open(spec: StudySpec, evaluator: Evaluator, place: RunPlace, hosts: Hosts) -> Study:
    if place.storage is None:
        Journal(place.folder / JOURNAL).cut_fragment()
    storage = open_storage(place.folder, place.storage)
    names = study_names(storage)
    if place.storage is None and names and spec.name not in names:
        raise ValueError(f"{str(place.folder)!r} holds the study {names[0]!r}, not {spec.name!r}. Give another --out.")
    is_known = not is_new(storage, spec.name)
    fingerprint = spec.fingerprint(evaluator.data_hash, place.training_device) | latency_tables_digest(spec)
    if is_known:
        check_fingerprint(storage, spec.name, fingerprint)
    reference = _measured_first(spec, evaluator, hosts).metrics
    _check_measured(spec, reference)
    header = Header(
        spec=spec,
        fingerprint=fingerprint,
        folder=str(place.folder.resolve()),
        environments={name: measured.environment for name, measured in reference.items() if measured.environment},
        self_check={name: measured for name, measured in reference.items() if name.startswith("relative_latency")},
    )
    if is_known:
        study = resume_study(storage, header)
    else:
        costliest = [
            measured_everywhere(member.costliest(), evaluator, hosts) for member in spec.space.members.values()
        ]
        corner = _hypervolume_reference(spec, costliest, evaluator.num_classes)
        corner_waits = {"hypervolume_reference": corner, "first_design": first_design(spec)}
        study = create_study(storage, header.model_copy(update=corner_waits))
    _set_sampler(study)
    write_spec(place.folder, spec)
    return study


def _set_sampler(study: Study, salt: int = 0) -> None:
    """Let the study ask its own sampler; with a salt it draws otherwise than those of other drivers."""
    num_trials = len(study.optuna_study.get_trials(deepcopy=False))
    study.optuna_study.sampler = create_sampler(study.spec, num_trials + salt)


def measured_everywhere(network: Architecture, evaluator: Evaluator, hosts: Hosts) -> Score:
    """The score of a network here and on the machines of the study."""
    hosts.request(network)
    try:
        score = evaluator.measure(network).merged(hosts.measure(network))
    except NotTimed as error:
        raise SettingFailed(f"{network.id} cannot be measured: {error}") from error
    hosts.forget(network)  # a trial of it has a timing of its own
    return score


def _measured_first(spec: StudySpec, evaluator: Evaluator, hosts: Hosts) -> Score:
    """The score of the reference network, which shows whether this machine can measure at all.

    Raises:
        SettingFailed: it cannot, for want of a compiler or of a temporary folder, say.
    """
    try:
        return measured_everywhere(spec.reference_architecture, evaluator, hosts)
    except SearchFailed:
        raise
    except (RuntimeError, OSError) as error:
        if is_out_of_memory(error) or (isinstance(error, OSError) and is_disk_full(error)):
            raise
        raise SettingFailed(f"{spec.reference} cannot be measured here: {one_line(error)}") from error


def _check_measured(spec: StudySpec, reference: Mapping[str, Measurement]) -> None:
    """Raise ValueError where a metric that the study needs is not among those that the reference network has."""
    asked = {f"objectives[{index}]": name for index, name in enumerate(spec.objectives)}
    asked |= {f"constraints[{index}].metric": constraint.metric for index, constraint in enumerate(spec.constraints)}
    for path, name in asked.items():
        if not metric(name).is_trained and name not in reference:
            raise ValueError(must_be(path, f"one that can be measured here: {one_of(reference)}", name))


def _hypervolume_reference(spec: StudySpec, costliest: Sequence[Score], num_classes: int) -> tuple[float, ...]:
    """Chance accuracy, until the first design is over, and the most that the costliest networks of the space cost."""
    return tuple(
        1 / num_classes if metric(name).is_trained else max(score.metrics[name].value for score in costliest)
        for name in spec.objectives
    )
