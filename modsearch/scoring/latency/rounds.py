"""Rounds: what one process does to time networks beside each other."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor, nn

from modsearch.architecture import Architecture
from modsearch.machine import num_cpus
from modsearch.machine.contention import Contention, Courtesy
from modsearch.models import build
from modsearch.models.calibration import calibrate
from modsearch.models.device import current_environment, pinned_threads, torch_device
from modsearch.models.runtime import Run, deploy
from modsearch.scoring.latency.clock_sensor import ClockSensor
from modsearch.scoring.latency.job import NUM_KEPT_CALLS, Effort, Job, Rounds
from modsearch.scoring.latency.peak_memory import with_peak_memory
from modsearch.scoring.latency.sample import Pace, sample_ms
from modsearch.space import Deployment

_SIDE, _NUM_PIXELS = 64, 8 * 64 * 64


def run_job(job: Job) -> Rounds:
    """Build, deploy and warm up the networks of a job, and time them round by round.

    All run on the same random-normal images. The one that is deployed first, in a process that has run no network yet,
    also tells its memory: another one in each process.

    Raises:
        ValueError: this machine does not have the device, its dtype or the runtime.
        RuntimeError: too little memory, or whatever goes wrong in a network.
    """
    device, deployment = torch_device(job.deployment.device, "deployment.device"), job.deployment
    order = list(job.networks)
    first = job.number % len(order)
    with pinned_threads(deployment.threads), torch.inference_mode(), Courtesy() as courtesy:
        peak_memory_mb: dict[str, float] = {}
        runs: dict[str, Run] = {}
        for name in order[first:] + order[:first]:
            courtesy.look()
            start = _starter(job.networks[name], deployment, job.prepared.get(name))
            if runs:
                runs[name] = start()
                continue
            runs[name], peak_mb = with_peak_memory(start, deployment)
            peak_memory_mb |= {} if peak_mb is None else {name: peak_mb}
        contention = Contention()
        calls_ms, sensor = _rounds({name: runs[name] for name in order}, device, job, courtesy)
        waited = contention.share()
        environment = current_environment(device, deployment.runtime)
    return Rounds(
        times_ms={name: tuple(map(fmean, rounds)) for name, rounds in calls_ms.items()},
        calls_ms={name: _kept(rounds, job.number) for name, rounds in calls_ms.items()},
        environment=environment,
        clock_mhz=sensor.clock_range(),
        temperature_c=sensor.temperature_range(),
        waited=waited if deployment.threads <= num_cpus() else None,
        peak_memory_mb=peak_memory_mb,
    )


def build_target(architecture: Architecture, deployment: Deployment) -> nn.Module:
    """The target with weights that do not depend on what was built before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(architecture, deployment.num_outputs, deployment.image_size).eval()


def timed_target(architecture: Architecture, deployment: Deployment) -> nn.Module:
    """The same with weights that the number format of the deployment holds, and what comes of them."""
    with torch.inference_mode(False):
        model = build_target(architecture, deployment)
        if deployment.dtype != "float32":
            calibrate(model, _calibration_images(deployment.image_size))
    return model


def _starter(architecture: Architecture, deployment: Deployment, prepared: Path | None) -> Callable[[], Run]:
    """What builds and deploys a network."""

    def start() -> Run:
        size = deployment.image_size
        generator = torch.Generator().manual_seed(0)
        x_BCHW = torch.randn(deployment.batch_size, 3, size, size, generator=generator)
        model = nn.Identity() if prepared else timed_target(architecture, deployment)  # a file is the network
        return deploy(model, deployment, x_BCHW, prepared)

    return start


def _calibration_images(image_size: int) -> Tensor:
    """Small ones, the more of them the smaller they are: the last features may have but one pixel each.

    What batch norm finds in random-normal images hardly depends on their size.
    """
    size = min(image_size, _SIDE)
    return torch.randn(_NUM_PIXELS // size**2, 3, size, size, generator=torch.Generator().manual_seed(1))


def _rounds(
    runs: Mapping[str, Run], device: torch.device, job: Job, courtesy: Courtesy
) -> tuple[dict[str, list[list[float]]], ClockSensor]:
    """Time all of them in each round, in an order that is drawn anew: the milliseconds of the calls of each round."""
    effort, generator = job.effort, random.Random(job.number)
    paces = {name: _warm_up(run, device, effort, courtesy) for name, run in runs.items()}
    calls_ms: dict[str, list[list[float]]] = {name: [] for name in runs}
    sensor = ClockSensor(device)
    sensor.read_temperature()
    start = time.perf_counter()
    for index in range(effort.num_rounds):
        if index >= effort.min_rounds and time.perf_counter() - start > effort.rounds_s:
            break
        for name in _shuffled(list(runs), generator):
            courtesy.look()
            calls_ms[name].append(sample_ms(runs[name], paces[name], device))
        sensor.read_clock()
    sensor.read_temperature()
    return calls_ms, sensor


def _shuffled(names: Sequence[str], generator: random.Random) -> list[str]:
    return generator.sample(names, len(names))


def _kept(rounds: Sequence[Sequence[float]], number: int) -> tuple[tuple[float, ...], ...]:
    """Of each round at most so many calls as are kept, drawn at random: every n-th might meet what comes every n-th."""
    generator = random.Random(number)
    return tuple(tuple(generator.sample(calls, min(len(calls), NUM_KEPT_CALLS))) for calls in rounds)


def _warm_up(run: Run, device: torch.device, effort: Effort, courtesy: Courtesy) -> Pace:
    """Run for a while; returns how a sample is taken."""
    run()  # which may compile
    start, pace = time.perf_counter(), Pace()
    while True:
        courtesy.look()
        pace = Pace.filling(1e3 * effort.sample_s, fmean(sample_ms(run, pace, device)), device)
        if time.perf_counter() - start >= effort.warm_up_s:
            return pace
