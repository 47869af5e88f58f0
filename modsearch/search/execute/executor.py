"""Executor: whoever does the work of a search."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from modsearch.message import must_be
from modsearch.search.evaluator import SharedImages
from modsearch.search.execute.context import Context
from modsearch.search.execute.local import LocalExecutor
from modsearch.search.execute.source import Ending
from modsearch.space import Ray, StudySpec

Note = Callable[[str], None]

_NETWORK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # whatever the system is, 0 keeps Ray to 127.0.0.1


class Executor(Protocol):
    """Runs a study until its budget is spent or its space is used up."""

    @property
    def lost(self) -> Mapping[str, int]:
        """Why workers were lost -> how often."""

    def run(self) -> Ending:
        """Search."""


@dataclass(frozen=True)
class ExecutorKind:
    """One way to do the work, by what it is called in a study.

    Attributes:
        check_device: ValueError where trainings cannot run on this device so.
        prepare: what is done before anything is read or timed; ValueError where the work cannot be done.
        spread: gives the images of the search to workers on other machines.
        create: makes the executor.
    """

    check_device: Callable[[StudySpec, str], None]
    prepare: Callable[[StudySpec], None]
    spread: Callable[[StudySpec, SharedImages, Note], None]
    create: Callable[[Context], Executor]


def prepare_executor(spec: StudySpec) -> None:
    """Connect to the cluster of a study, before anything is read or timed. Nothing is done for a local executor.

    Raises:
        ValueError: nobody listens at its address, it refuses our token, or no node has what a trial takes.
    """
    EXECUTORS[spec.executor.kind].prepare(spec)


def check_device(spec: StudySpec, device: str) -> None:
    """Raise ValueError where the trainings of a study cannot run on this device, with the executor that it asks for."""
    EXECUTORS[spec.executor.kind].check_device(spec, device)


def spread_images(spec: StudySpec, images: SharedImages | None, note: Note = lambda _: None) -> None:
    """Wait until every node that can hold a trial has the images; where that takes long, ``note`` is told.

    Nothing is done for a local executor.

    Raises:
        ValueError: a node has other images at the study's path, or none and cannot get them.
    """
    if images is not None:
        EXECUTORS[spec.executor.kind].spread(spec, images, note)


def create_executor(context: Context) -> Executor:
    """The executor that the study asks for. Ray is imported for no other."""
    return EXECUTORS[context.study.spec.executor.kind].create(context)


def _create_local(context: Context) -> Executor:
    return LocalExecutor(
        context.study, context.evaluator, context.folder, context.listener, context.hosts, context.make_source
    )


def _check_gpus(spec: StudySpec, device: str) -> None:
    """Raise ValueError where trials on a cluster would share a GPU unasked, or hold one and train beside it.

    Ray hides no GPU from a worker that holds none.
    """
    held = ray_settings(spec).gpus_per_trial
    if device.startswith("cuda") and not held:
        raise ValueError(must_be("executor.gpus_per_trial", "more than 0 where training runs on cuda", held))
    if not device.startswith("cuda") and held:
        rule = "cuda where a trial holds a GPU, and this machine, which times networks, must have one"
        raise ValueError(must_be("device", rule, device))


def _prepare_ray(spec: StudySpec) -> None:
    settings = ray_settings(spec)
    _keep_to_loopback(settings)
    from modsearch.search.execute.ray import connect

    connect(settings)


def _spread_ray(spec: StudySpec, images: SharedImages, note: Note) -> None:
    from modsearch.search.execute.ray import spread

    spread(images, ray_settings(spec), note)


def _create_ray(context: Context) -> Executor:
    spec = context.study.spec
    settings, threads = ray_settings(spec), spec.fidelity.threads
    _keep_to_loopback(settings)
    from modsearch.search.execute.ray import RayExecutor

    if settings.resources["CPU"] < threads and not settings.gpus_per_trial:
        context.listener.on_note(
            f"A training has {threads} threads (fidelity.threads) on {settings.resources['CPU']:g} CPUs "
            "(executor.cpus_per_trial): it takes longer than it needs to, and its accuracy is the same."
        )
    return RayExecutor(context, settings)


EXECUTORS: Mapping[str, ExecutorKind] = {
    "local": ExecutorKind(lambda spec, device: None, lambda spec: None, lambda spec, images, note: None, _create_local),
    "ray": ExecutorKind(_check_gpus, _prepare_ray, _spread_ray, _create_ray),
}
"""By the kind of a study's executor."""


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
    probe = settings.probe if spec.is_timed_here else "turns"
    return settings.model_copy(update={"cpus_per_trial": cpus, "probe": probe})
