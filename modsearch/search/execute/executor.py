"""Executor: whoever does the work of a search."""

import os
from collections.abc import Callable, Mapping
from typing import Protocol

from modsearch.search.evaluator import SharedImages
from modsearch.search.execute.context import Context
from modsearch.search.execute.local import LocalExecutor
from modsearch.search.execute.source import Ending
from modsearch.space import Ray, StudySpec

_NETWORK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # whatever the system is, 0 keeps Ray to 127.0.0.1


class Executor(Protocol):
    """Runs a study until its budget is spent or its space is used up."""

    @property
    def lost(self) -> Mapping[str, int]:
        """Why workers were lost -> how often."""

    def run(self) -> Ending:
        """Search."""


def prepare_executor(spec: StudySpec) -> None:
    """Connect to the cluster of a study, before anything is read or timed. Nothing is done for a local executor.

    Raises:
        ValueError: nobody listens at its address, it refuses our token, or no node has what a trial takes.
    """
    if isinstance(spec.executor, Ray):
        _keep_to_loopback(spec.executor)
        from modsearch.search.execute.ray import connect

        connect(ray_settings(spec))


def spread_images(spec: StudySpec, images: SharedImages | None, note: Callable[[str], None] = lambda _: None) -> None:
    """Wait until every node that can hold a trial has the images; where that takes long, ``note`` is told.

    Nothing is done for a local executor.

    Raises:
        ValueError: a node has other images at the study's path, or none and cannot get them.
    """
    if isinstance(spec.executor, Ray) and images is not None:
        from modsearch.search.execute.ray import spread

        spread(images, ray_settings(spec), note)


def create_executor(context: Context) -> Executor:
    """The executor that the study asks for. Ray is imported for no other."""
    spec = context.study.spec
    if not isinstance(spec.executor, Ray):
        return LocalExecutor(context.study, context.evaluator, context.folder, context.listener)
    _keep_to_loopback(spec.executor)
    from modsearch.search.execute.ray import RayExecutor

    settings, threads = ray_settings(spec), spec.fidelity.threads
    if settings.resources["CPU"] < threads and not settings.gpus_per_trial:
        context.listener.on_note(
            f"A training has {threads} threads (fidelity.threads) on {settings.resources['CPU']:g} CPUs "
            "(executor.cpus_per_trial): it takes longer than it needs to, and its accuracy is the same."
        )
    return RayExecutor(context, settings)


def _keep_to_loopback(settings: Ray) -> None:
    if settings.address is None:
        os.environ.setdefault(_NETWORK, "0")  # read when ray is imported


def ray_settings(spec: StudySpec) -> Ray:
    """The settings of a study on Ray, complete.

    A trial has as many CPUs as a training has threads, or 1 beside a GPU, unless the study says how many. The threads
    are the study's, wherever it runs: another number of them is another draw of an accuracy. Where nothing is timed,
    there is no probe.
    """
    settings = spec.executor
    assert isinstance(settings, Ray)
    cpus = settings.cpus_per_trial or (1 if settings.gpus_per_trial else spec.fidelity.threads)
    return settings.model_copy(update={"cpus_per_trial": cpus, "probe": settings.probe if spec.is_timed else "turns"})
