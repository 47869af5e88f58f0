"""Measures a latency table: times whole networks beside the reference, group by group, and works out their parts."""

from collections.abc import Callable, Sequence
from pathlib import Path

from modsearch.architecture import Architecture, network_parts
from modsearch.models.device import deployment_environment
from modsearch.record import LatencyTable, Measurement, TimedNetwork, read_latency_table, write_latency_table
from modsearch.scoring.latency import time_networks
from modsearch.scoring.latency_table.cost_model import CostModel
from modsearch.scoring.latency_table.part_list import PartList, draw_networks, list_parts
from modsearch.space import StudySpec, TimingProtocol

NUM_CALIBRATION = 40
GROUP = 6
"""Networks that are timed in the same rounds, beside the reference."""
_HALF_WIDTH = 0.01  # that is wanted of every interval, also on a CPU: the errors of parts add up

OnTimed = Callable[[int, int], None]
"""Is told how many networks are timed, and how many there are in all."""


def table_protocol(spec: StudySpec, seconds: float | None = None) -> TimingProtocol:
    """The study's, with intervals of a hundredth unless it asks for others; ``seconds`` are for a group of networks."""
    seconds = spec.timing.seconds if seconds is None else seconds
    return spec.timing.model_copy(update={"half_width": spec.timing.half_width or _HALF_WIDTH, "seconds": seconds})


def measure_latency_table(
    begun: LatencyTable,
    spec: StudySpec,
    path: Path,
    num_calibration: int = NUM_CALIBRATION,
    on_timed: OnTimed = lambda done, total: None,
) -> LatencyTable:
    """Time the networks that a table still lacks or that were timed badly, and work out the costs of all parts.

    First networks that have more of one part, or less, than another one; then networks that are drawn at random. What
    is timed is written at once, so that an interrupted table goes on.

    Args:
        begun: from ``begin_latency_table``.
        spec: the study.
        path: the table's file.
        num_calibration: how many networks are drawn.
        on_timed: see there.

    Raises:
        ValueError: the space has too many distinct blocks, or the table a network that is none of it.
    """
    table, listed = begun, list_parts(spec.space)
    _check_networks(begun, listed, path.name)
    of_parts = listed.networks()
    drawn = draw_networks(spec.space, num_calibration, 0, of_parts)
    unsure = {timing.architecture.id for timing in table.unsure}
    known, drawn_ids = {timing.architecture.id for timing in table.networks}, {network.id for network in drawn}
    total = len(known | drawn_ids | {network.id for network in of_parts})
    waiting = [network for network in (*of_parts, *drawn) if network.id not in known - unsure]
    on_timed(total - len(waiting), total)
    while waiting:
        group, waiting = waiting[:GROUP], waiting[GROUP:]
        found = time_group(group, spec, table)
        timed = [_timed(network, found[network.id], network.id in drawn_ids) for network in group]
        table = table.model_copy(update={"networks": _joined(table.networks, timed), "costs": ()})
        write_latency_table(table, path)
        on_timed(total - len(waiting), total)
    model = CostModel(listed.parts, table.networks)
    table = table.model_copy(update={"costs": model.costs(), "log_error": model.log_error()})
    write_latency_table(table, path)
    return table


def begin_latency_table(spec: StudySpec, place: str, path: Path, protocol: TimingProtocol) -> LatencyTable:
    """The table in the file, or a new one without networks.

    Args:
        spec: the study.
        place: name of the deployment.
        path: the table's file.
        protocol: of each group of networks, see ``table_protocol``.

    Raises:
        ValueError: the file is damaged, or holds a table of another space, deployment, reference or environment; this
            machine does not have the device.
    """
    deployment = spec.deployments[place].on_its_machine
    environment = deployment_environment(deployment)
    if path.exists():
        table = read_latency_table(path)
        table.check_belongs(spec, deployment, path.name)
        table.check_environment(environment, path.name)
        return table.model_copy(update={"protocol": protocol})
    return LatencyTable(
        study=spec.name,
        space_digest=spec.digest("space"),
        deployment=deployment,
        reference=spec.reference,
        protocol=protocol,
        environment=environment,
    )


def time_group(group: Sequence[Architecture], spec: StudySpec, table: LatencyTable) -> dict[str, Measurement]:
    """The relative latency of each network by its id.

    Raises:
        ValueError: the timing says that it ran in another environment than the table's.
    """
    networks = {network.id: network for network in group} | {"reference": spec.reference_architecture}
    timing = time_networks(networks, table.deployment, table.protocol)
    table.check_environment(timing.environment, "The table")
    return {network.id: timing.relative_latency(network.id, "reference") for network in group}


def _check_networks(table: LatencyTable, listed: PartList, path: str) -> None:
    """Raise ValueError where the table has a network with a part that the space has not."""
    parts = set(listed.parts)
    for index, timing in enumerate(table.networks):
        for part in network_parts(timing.architecture):
            if part not in parts:
                raise ValueError(f"{path}.networks[{index}] must be of the space. It has a {part.describe()}.")


def _joined(before: Sequence[TimedNetwork], timed: Sequence[TimedNetwork]) -> tuple[TimedNetwork, ...]:
    """Each network once: of two timings the one with the narrower interval."""
    found = {timing.architecture.id: timing for timing in before}
    for timing in timed:
        found[timing.architecture.id] = min(found.get(timing.architecture.id, timing), timing, key=_width)
    return tuple(found.values())


def _width(timing: TimedNetwork) -> float:
    return (timing.high - timing.low) / timing.relative_latency


def _timed(network: Architecture, found: Measurement, is_drawn: bool) -> TimedNetwork:
    return TimedNetwork(
        architecture=network,
        role="calibration" if is_drawn else "part",
        relative_latency=found.value,
        low=found.low,
        high=found.high,
    )
