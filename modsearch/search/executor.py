"""Executor: whoever does the work of a search."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from modsearch.search.evaluator import Evaluator
from modsearch.search.listener import Listener
from modsearch.search.local import LocalExecutor
from modsearch.search.meter import Ending
from modsearch.search.study import Study
from modsearch.space import Local, Ray

_NETWORK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # whatever the system is, 0 keeps Ray to 127.0.0.1


class Executor(Protocol):
    """Runs a study until its budget is spent or its space is used up."""

    @property
    def lost(self) -> Mapping[str, int]:
        """Why workers were lost -> how often."""

    def run(self) -> Ending:
        """Search."""


@dataclass(frozen=True)
class Driver:
    """What an executor is given.

    Attributes:
        study: the record, opened for writing.
        evaluator: of this process.
        make_evaluator: makes the evaluator of a worker; is sent to it.
        folder: the run's folder, for weights.
        listener: hears of every step.
    """

    study: Study
    evaluator: Evaluator
    make_evaluator: Callable[[], Evaluator]
    folder: Path
    listener: Listener = field(default_factory=Listener)


def check_executor(settings: Local | Ray) -> None:
    """Raise ValueError where a cluster cannot be reached, or no node of it has what a trial takes.

    For who would learn it only after images were read and networks timed. A cluster of this machine alone is started
    for that only where a trial takes what it may not have.
    """
    if not isinstance(settings, Ray):
        return
    if settings.address or settings.gpus_per_trial or (settings.cpus_per_trial or 1) > (os.cpu_count() or 1):
        _keep_to_loopback(settings)
        from modsearch.search.ray.cluster import connected

        with connected(settings):
            pass


def create_executor(driver: Driver) -> Executor:
    """The executor that the study asks for. Ray is imported for no other."""
    settings = driver.study.spec.executor
    if not isinstance(settings, Ray):
        return LocalExecutor(driver.study, driver.evaluator, driver.folder, driver.listener)
    _keep_to_loopback(settings)
    from modsearch.search.ray import RayExecutor

    return RayExecutor(driver, settings)


def _keep_to_loopback(settings: Ray) -> None:
    if settings.address is None:
        os.environ.setdefault(_NETWORK, "0")  # read when ray is imported
