"""Validation: what a storage must not say about a trial, because it was damaged or written by hand."""

import base64
import binascii
import math
from collections.abc import Mapping
from functools import cache

from modsearch.architecture import Architecture
from modsearch.message import must_be, one_of
from modsearch.record import SPEEDUP_UNIT, Measurement, Score, Trial
from modsearch.search.store.version import read
from modsearch.space import METRICS, StudySpec, metric, metric_names

NOTES = ("reason", "seconds", "task")
"""The user attributes of a trial that are said as they are."""
PARTS: Mapping[str, type[Architecture | Score]] = {"architecture": Architecture, "score": Score}
"""The user attributes of a trial that are stored forms."""
_LEAST, _MOST = 1e-9, 1e18  # of a cost: one multiply-add, and more than any machine lives to do


def check_corner(corner: tuple[float, ...], spec: StudySpec, path: str) -> None:
    """Raise ValueError where a hypervolume's reference point is none for the study's objectives."""
    num, is_sound = len(spec.objectives), all(0 <= value <= _MOST for value in corner)
    if len(corner) != num or not is_sound:
        raise ValueError(must_be(path, f"{num} numbers from 0 to {_MOST:g}, one an objective", list(corner)))


def read_part(name: str, stored: object, path: str) -> Architecture | Score:
    """One of ``PARTS`` as it stands in a storage, below ``path``; ValueError where it cannot be."""
    part = read(PARTS[name], stored, f"{path}.{name}")
    if isinstance(part, Score):
        check_score(part, f"{path}.{name}")
    return part


def check_score(score: Score, path: str) -> None:
    """Raise ValueError where a score says what cannot be: another metric, a number that no machine gives."""
    for name, measured in score.metrics.items():
        if name.partition("@")[0] not in METRICS:
            raise ValueError(must_be(f"{path}.metrics", f"of {one_of(METRICS)}", name, METRICS))
        about = metric(name)
        ends = (0, 1) if about.direction == "maximize" else (_LEAST, _MOST)
        _check_measurement(f"{path}.metrics.{name}", measured, about.unit, *ends)
    for place, speedup in score.speedups.items():
        if speedup.measured is not None:
            _check_measurement(f"{path}.speedups.{place}.measured", speedup.measured, SPEEDUP_UNIT, _LEAST, _MOST)
    try:
        base64.b64decode(score.correct, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(must_be(f"{path}.correct", "base64", score.correct)) from None


def check_trial(trial: Trial, spec: StudySpec) -> Trial:
    """The trial, if its score belongs to the study.

    Raises:
        ValueError: it is another study's, or a complete trial has none; the message names the trial and the field.
    """
    path, known = f"trial {trial.number}.score", _names(tuple(spec.deployments))
    has_result = trial.state == "complete" and not trial.is_repeat and trial.architecture is not None
    if trial.score is None:
        if has_result:
            raise ValueError(f"{path} must be given: the trial is complete.")
        return trial
    for name in trial.score.metrics:
        if name not in known:
            raise ValueError(must_be(f"{path}.metrics", f"of {one_of(known)}", name, known))
    for place in trial.score.speedups:
        if place not in spec.deployments:
            raise ValueError(must_be(f"{path}.speedups", f"of {one_of(spec.deployments)}", place, spec.deployments))
    for name in spec.objectives if has_result else ():
        if name not in trial.score.metrics:
            raise ValueError(f"{path}.metrics.{name} must be given: the trial is complete.")
    return trial


_names = cache(metric_names)  # asked for every trial of a study


def _check_measurement(path: str, measured: Measurement, unit: str, least: float, most: float) -> None:
    if (
        least <= measured.value <= most
        and -math.inf < measured.low <= measured.value <= measured.high < math.inf
        and measured.num_samples >= 1
        and measured.unit == unit
    ):
        return  # every trial comes here at every look: what follows finds the words
    for field in ("value", "low", "high"):
        number = getattr(measured, field)
        if not math.isfinite(number):
            raise ValueError(must_be(f"{path}.{field}", "a finite number", number))
    if not least <= measured.value <= most:
        raise ValueError(must_be(f"{path}.value", f"from {least:g} to {most:g}", measured.value))
    if not measured.low <= measured.value <= measured.high:
        raise ValueError(must_be(f"{path}.value", f"from {measured.low} to {measured.high}", measured.value))
    if measured.num_samples < 1:
        raise ValueError(must_be(f"{path}.num_samples", "at least 1", measured.num_samples))
    raise ValueError(must_be(f"{path}.unit", repr(unit), measured.unit))
