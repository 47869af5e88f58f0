"""The protocol: fresh processes until the ratios are known well enough, or the time is spent."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from modsearch.architecture import Architecture
from modsearch.models.device import torch_device
from modsearch.models.runtime import check_runtime, needs_file, prepare
from modsearch.scoring.latency.fresh_process import run_fresh
from modsearch.scoring.latency.job import Effort, Job, Rounds
from modsearch.scoring.latency.rounds import timed_target
from modsearch.scoring.latency.timing import Timing
from modsearch.space import Deployment, TimingProtocol

PROTOCOL = TimingProtocol()
EFFORT = Effort()
_MAX_REPEATED = 3

Pairs = Sequence[tuple[str, str]]


def time_networks(
    networks: Mapping[str, Architecture],
    deployment: Deployment,
    protocol: TimingProtocol = PROTOCOL,
    pairs: Pairs | None = None,
    prepared: Mapping[str, Path] | None = None,
) -> Timing:
    """Time networks at a deployment, by the names that the timing will use.

    At least ``protocol.processes`` fresh processes build the networks, each of them anew even where two are the same,
    deploy them with batch norm folded on the same random-normal images, warm up, and time all of them back to back in
    each of about 12 rounds, in random order. A ratio is of the means of as many calls as fill about 20 ms; up to 20 of
    these are kept one by one, for p50 and p90. CUDA is timed by events. A process in which the clock moved by more than
    5 % is thrown away and repeated, three in all at most. Further processes follow until the intervals of all ``pairs``
    are narrow enough, or the seconds are spent, or others kept the processors from most of them: on a busy machine more
    of them say little.

    Args:
        networks: what is timed beside each other.
        deployment: where; of this machine.
        protocol: how long.
        pairs: whose ratios must be known well, network and reference; each network and the last one by default.
        prepared: the files of the networks, where the runtime reads files and they are there already.

    Raises:
        ValueError: this machine does not have the device, its dtype or the runtime.
        MemoryError: there is too little of it.
        RuntimeError: a process died, or a network fails.
    """
    torch_device(deployment.device, "deployment.device")
    check_runtime(deployment, "deployment")
    names = tuple(networks)
    pairs = [(name, names[-1]) for name in names[:-1]] if pairs is None else pairs
    with TemporaryDirectory(prefix="modsearch-") as folder:
        files = _prepared(networks, deployment, Path(folder)) if prepared is None else dict(prepared)
        job = Job(networks=dict(networks), deployment=deployment, effort=EFFORT, prepared=files)
        return _until_precise(lambda number: run_fresh(job.model_copy(update={"number": number})), job, protocol, pairs)


def _prepared(networks: Mapping[str, Architecture], deployment: Deployment, folder: Path) -> dict[str, Path]:
    """The files that the runtime reads, one a network; none where it reads none."""
    if not needs_file(deployment.runtime):
        return {}
    paths = {name: folder / f"{number}.onnx" for number, name in enumerate(networks)}
    for name, path in paths.items():
        prepare(timed_target(networks[name], deployment), deployment, path)
    return paths


def _until_precise(measure: Callable[[int], Rounds], job: Job, protocol: TimingProtocol, pairs: Pairs) -> Timing:
    """Let processes measure, one after the other; ``measure`` is given their number."""
    wanted, start = protocol.half_width_for(job.deployment), time.monotonic()
    found: list[Rounds] = []
    number = num_repeated = 0
    while True:
        rounds = measure(number)
        number += 1
        if not rounds.is_steady and num_repeated < _MAX_REPEATED:
            num_repeated += 1
            continue
        found.append(rounds)
        if len(found) < protocol.processes:
            continue
        timing = Timing.joined(found, "precise", num_repeated)
        if all(timing.relative_latency(*pair).half_width < wanted for pair in pairs):
            return timing
        if time.monotonic() - start >= protocol.seconds:
            return Timing.joined(found, "budget", num_repeated)
        if sum(process.is_disturbed for process in found) > len(found) / 2:
            return Timing.joined(found, "busy", num_repeated)
