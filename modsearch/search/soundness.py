"""Soundness: what a storage must not say about a trial, because it was damaged or written by hand."""

import base64
import binascii
import math
from collections.abc import Mapping

from modsearch.architecture import Architecture
from modsearch.message import must_be, one_of
from modsearch.record import Measurement, Score, Trial
from modsearch.search.version import read
from modsearch.space import METRICS, StudySpec, metric, metric_names

PARTS: Mapping[str, type[Architecture | Score]] = {"architecture": Architecture, "score": Score}
"""The user attributes of a trial that are stored forms."""


def read_part(name: str, stored: object, path: str) -> Architecture | Score:
    """One of ``PARTS`` as it stands in a storage, below ``path``; ValueError where it cannot be."""
    part = read(PARTS[name], stored, f"{path}.{name}")
    if isinstance(part, Score):
        _check_score(part, f"{path}.{name}")
    return part


def _check_score(score: Score, path: str) -> None:
    for name, measured in score.metrics.items():
        if name.partition("@")[0] not in METRICS:
            raise ValueError(must_be(f"{path}.metrics", f"of {one_of(METRICS)}", name, METRICS))
        _check_measurement(f"{path}.metrics.{name}", name, measured)
    try:
        base64.b64decode(score.correct, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(must_be(f"{path}.correct", "base64", score.correct)) from None


def check_trial(trial: Trial, spec: StudySpec) -> Trial:
    """The trial, if its score belongs to the study.

    Raises:
        ValueError: it is another study's, or a complete trial has none; the message names the trial and the field.
    """
    path, known = f"trial {trial.number}.score", metric_names(spec.deployments)
    has_result = trial.state == "complete" and not trial.is_repeat and trial.architecture is not None
    if trial.score is None:
        if has_result:
            raise ValueError(f"{path} must be given: the trial is complete.")
        return trial
    for name in trial.score.metrics:
        if name not in known:
            raise ValueError(must_be(f"{path}.metrics", f"of {one_of(known)}", name, known))
    for name in spec.objectives if has_result else ():
        if name not in trial.score.metrics:
            raise ValueError(f"{path}.metrics.{name} must be given: the trial is complete.")
    return trial


def _check_measurement(path: str, name: str, measured: Measurement) -> None:
    about = metric(name)
    for field in ("value", "low", "high"):
        number = getattr(measured, field)
        if not math.isfinite(number):
            raise ValueError(must_be(f"{path}.{field}", "a finite number", number))
    if about.direction == "maximize" and not 0 <= measured.value <= 1:
        raise ValueError(must_be(f"{path}.value", "a fraction from 0 to 1", measured.value))
    if about.direction == "minimize" and not measured.value > 0:
        raise ValueError(must_be(f"{path}.value", "more than 0", measured.value))
    if not measured.low <= measured.value <= measured.high:
        raise ValueError(must_be(f"{path}.value", f"from {measured.low} to {measured.high}", measured.value))
    if measured.num_samples < 1:
        raise ValueError(must_be(f"{path}.num_samples", "at least 1", measured.num_samples))
    if measured.unit != about.unit:
        raise ValueError(must_be(f"{path}.unit", repr(about.unit), measured.unit))
