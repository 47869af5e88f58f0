"""Timing of many networks at one place, here or elsewhere: what comes of it, one network after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from modsearch.architecture import Architecture
from modsearch.message import must_be, read_json
from modsearch.record import Missed, Remeasurement, Score, TimingJob
from modsearch.search.error import SearchFailed, memory_advice, one_line
from modsearch.search.store.remeasurement_log import RemeasurementLog, awaited, parse_result
from modsearch.search.store.study import Study
from modsearch.search.store.validation import check_score
from modsearch.search.store.version import read
from modsearch.space import Deployment, StudySpec

Result = Remeasurement | Missed
MeasureAt = Callable[[Architecture, str, Deployment, StudySpec], Score]


def time_each(job: TimingJob, measure: Callable[[Architecture], Score]) -> Iterator[Result]:
    """Time the networks of a job one after the other; one that cannot be timed does not stop the others.

    Raises:
        ValueError: the first could not be, because of the deployment: its device, dtype or runtime is missing.
        SearchFailed: the machine that times is away.
    """
    is_first = True
    for network in job.networks:
        yield time_one(job, network, measure, ValueError if is_first else SearchFailed)
        is_first = False


def time_one(
    job: TimingJob, network: Architecture, measure: Callable[[Architecture], Score], fatal: type[Exception]
) -> Result:
    """Time one network of a job. What goes wrong with it is a result, unless it is fatal or the machine is away."""
    try:
        with memory_advice(network, "Give a smaller --batch-size."):
            return job.remeasurement(network, measure(network))
    except (fatal, SearchFailed):
        raise
    except Exception as error:
        return Missed(architecture_id=network.id, place=job.place, reason=one_line(error))


def confirm(study: Study, measure_at: MeasureAt) -> Iterator[Result]:
    """Measure what the front of a study rests on and is only predicted, until no such network is left.

    A measured value may push another network onto the front, which is measured in its turn.

    Args:
        study: opened for writing.
        measure_at: scores a network at one of the study's deployments.

    Raises:
        ValueError: as ``time_each``, or the machine is another one than the study's.
    """
    missed: set[tuple[str, str]] = set()
    while wanted := [(network, place) for network, place in awaited(study) if (network.id, place) not in missed]:
        place = wanted[0][1]
        for result in time_at(study, place, [network for network, where in wanted if where == place], measure_at):
            if isinstance(result, Missed):
                missed.add((result.architecture_id, place))
            yield result


def time_at(study: Study, place: str, networks: Sequence[Architecture], measure_at: MeasureAt) -> Iterator[Result]:
    """Time networks at one of the study's own deployments, and keep what comes of it beside the trials.

    Raises:
        ValueError: as ``time_each``, or the machine is another one than the study's.
    """
    spec, record = study.spec, RemeasurementLog(study, place)
    job = TimingJob(
        place=place,
        base=place,
        deployment=spec.deployments[place].on_its_machine,
        reference=spec.reference,
        timing=spec.timing,
        networks=tuple(networks),
    )
    for result in time_each(job, lambda network: measure_at(network, place, spec.deployments[place], spec)):
        if isinstance(result, Remeasurement):
            record.keep(result)
        yield result


def read_results(lines: Iterable[bytes], source: str) -> Iterator[Result]:
    """What ``modsearch probe`` wrote, one network a line.

    Raises:
        ValueError: a line is none; the message names the source and the line.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            path = f"{source}: line {number}"
            stored = read_json(line, path)
            is_missed = isinstance(stored, dict) and "reason" in stored
            result = parse_result(Missed if is_missed else Remeasurement, stored, path)
            if isinstance(result, Remeasurement):
                check_score(result.score, f"{path}.score")
            yield result


def read_job(content: bytes, source: str) -> TimingJob | list[Architecture]:
    """A job that ``modsearch retime --networks`` wrote; or networks: a list, or what ``modsearch front --json`` prints.

    Raises:
        ValueError: it is neither; the message names the source and the field.
    """
    stored = read_json(content, source)
    if isinstance(stored, dict) and "hypervolume" in stored:
        stored, source = stored.get("networks"), f"{source}.networks"
    if not isinstance(stored, list):
        return read(TimingJob, stored, source)
    found: dict[str, Architecture] = {}
    for index, form in enumerate(stored):
        is_wrapped = isinstance(form, dict) and "architecture" in form
        network = read(Architecture, form["architecture"] if is_wrapped else form, f"{source}[{index}]")
        found.setdefault(network.id, network)
    return list(found.values())


def check_asked(remeasurement: Remeasurement, job: TimingJob, path: str) -> None:
    """Raise ValueError where a result is of another place, deployment or reference than asked for."""
    if job.deployment.differences(remeasurement.deployment):
        rule = f"{job.deployment.differences(remeasurement.deployment)}, as asked for"
        raise ValueError(must_be(f"{path}.deployment", rule, remeasurement.deployment.differences(job.deployment)))
    for name in ("place", "reference"):
        asked, got = getattr(job, name), getattr(remeasurement, name)
        if asked != got:
            raise ValueError(must_be(f"{path}.{name}", f"{asked!r}, as asked for", got))
