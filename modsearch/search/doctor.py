"""The doctor: finds and mends what a killed search or a full disk leaves behind. What is lost is named."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from modsearch.file import PARTIAL
from modsearch.message import shown
from modsearch.search.run import joined
from modsearch.search.store.journal import Journal
from modsearch.search.store.lock import alone_in
from modsearch.search.store.refinement_log import RefinementLog, damaged_refinements
from modsearch.search.store.remeasurement_log import ATTRIBUTE, is_remeasurement
from modsearch.search.store.run_folder import (
    JOURNAL,
    SPEC,
    check_links,
    journal_folder,
    stored_folder,
    weights_path,
    write_spec,
    write_whole,
)
from modsearch.search.store.salvage import salvage
from modsearch.search.store.study import DIED, Study, load_study
from modsearch.search.store.version import NewerVersion
from modsearch.space import load_spec

_PATIENCE_S = 1.0
_MAX_NAMED = 10


@dataclass(frozen=True)
class Finding:
    """One thing that was wrong.

    Attributes:
        text: what it was, and what was done.
        outcome: ``mended``; ``noted`` where it does no harm; ``left`` where it cannot be mended.
    """

    text: str
    outcome: Literal["mended", "noted", "left"] = "mended"


def mend(target: str) -> list[Finding]:
    """Mend a study.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database.

    Returns:
        What was found; nothing for a healthy study.

    Raises:
        ValueError: there is no study, a search is at work on it, a newer modsearch wrote it, or files outside of its
            folder would be touched.
    """
    has_journal = "://" not in target
    folder = journal_folder(target) if has_journal else stored_folder(load_study(target).header)
    check_links(folder)
    with alone_in(folder, "Stop it, or wait for it."):
        findings = list(_mend_journal(folder)) if has_journal else []
        try:
            study = load_study(target)
        except ValueError:
            if any(finding.outcome == "left" for finding in findings):
                return findings
            raise
        with joined(study, folder) as study:
            for part in (
                _end_running(study),
                _remove_remeasurements(study),
                _remove_refinements(study),
                _remove_partial(folder),
                _mend_files(study, folder),
                _mend_spec(study, folder),
            ):
                findings += part
        return findings


def _mend_journal(folder: Path) -> Iterator[Finding]:
    yield from _free(folder)
    journal = Journal(folder / JOURNAL)
    num_cut = journal.cut_fragment()
    if num_cut:
        yield Finding(f"the journal ended with a half-written line: cut off its {num_cut} bytes")
    try:
        load_study(str(folder)).trials()
    except NewerVersion:
        raise
    except ValueError:
        yield from _rebuild(journal.path)


def _rebuild(path: Path) -> Iterator[Finding]:
    """Write a fresh journal from what can be read of the old one, which is kept beside it."""
    damaged = path.read_bytes()
    found = salvage(damaged)
    lines = _lines(found.unread)
    if found.header is None:
        if found.unread:
            yield Finding(f"{lines} of the journal cannot be read, and with it what said which study this is", "left")
        return
    old = next(beside for number in count(1) if not (beside := path.with_name(f"{path.name}.before-{number}")).exists())
    write_whole(old, damaged)
    write_whole(path, found.content)
    unread = f"{lines} of the journal cannot be read" if found.unread else "the journal says what cannot be"
    yield Finding(f"{unread}: written anew from all else (the journal as it was: {old.name})")
    for number, reason in found.lost.items():
        yield Finding(f"trial {number} is lost, and failed from now on: {reason}", "left")


def _lines(numbers: Sequence[int]) -> str:
    first, num_more = numbers[:_MAX_NAMED], len(numbers) - _MAX_NAMED
    more = f" and {num_more} more" if num_more > 0 else ""
    return f"line{'s' * (len(numbers) > 1)} {', '.join(map(str, first))}{more}"


def _free(folder: Path) -> Iterator[Finding]:
    """Remove a killed dashboard's lock: the next one would wait for it. A living one holds it for a moment only."""
    found = {path: path.lstat().st_mtime_ns for path in folder.glob(f"{JOURNAL}.lock*")}
    if found:
        time.sleep(_PATIENCE_S)
    for path, mtime_ns in found.items():
        if os.path.lexists(path) and path.lstat().st_mtime_ns == mtime_ns:
            path.unlink(missing_ok=True)
            yield Finding(f"removed {path.name}, the lock of a dead process")


def _end_running(study: Study) -> Iterator[Finding]:
    left = [trial.number for trial in study.trials() if trial.state == "running"]
    study.end_running(DIED)
    study.end_dead()
    for trial in study.trials():
        if trial.number in left and trial.state != "running":  # another driver is at work on it
            how = (
                "complete, with the score that was stored" if trial.state == "complete" else "failed, to be tried again"
            )
            yield Finding(f"trial {trial.number} was left running by a search that died: ended as {how}")


def _remove_remeasurements(study: Study) -> Iterator[Finding]:
    """Optuna deletes no attribute: one that holds None counts as removed."""
    for name, stored in study.optuna_study.user_attrs.items():
        if name.startswith(ATTRIBUTE) and stored is not None and not is_remeasurement(name, stored, study):
            study.optuna_study.set_user_attr(name, None)
            yield Finding(f"removed {shown(name)}, a later measurement that was damaged")


def _remove_refinements(study: Study) -> Iterator[Finding]:
    for name in list(damaged_refinements(study)):
        study.optuna_study.set_user_attr(name, None)
        yield Finding(f"removed {shown(name)}, of a refinement, which was damaged: it can be trained again")


def _remove_partial(folder: Path) -> Iterator[Finding]:
    for place in (f"{SPEC}{PARTIAL}", f"{JOURNAL}*{PARTIAL}", f"weights/*{PARTIAL}", f"checkpoints/*{PARTIAL}"):
        for path in sorted(folder.glob(place)):
            path.unlink()
            yield Finding(f"removed {path.relative_to(folder)}, which was half written")


def _mend_files(study: Study, folder: Path) -> Iterator[Finding]:
    """Checkpoints that nobody needs any more; weights that belong to no trial, and trials that have none."""
    trials = [trial for trial in study.trials() if trial.architecture is not None and not trial.is_repeat]
    networks = {trial.number: trial.architecture for trial in trials if trial.architecture is not None}
    settled = {study.task(networks[trial.number]).key for trial in trials if trial.state in ("complete", "pruned")}
    complete = {networks[trial.number].id: trial.number for trial in trials if trial.state == "complete"}
    folders, refined = study.folders(), {result.task.key for result in RefinementLog(study).results}
    for path in sorted(folder.glob("checkpoints/*.safetensors")):
        if path.stem in settled | refined:
            path.unlink()
            yield Finding(f"removed {path.relative_to(folder)}: its network is settled")
    for path in sorted(folder.glob("weights/*.safetensors")):
        if path.name.partition("-")[0] not in complete and path.stem not in refined:
            yield Finding(f"{path.relative_to(folder)} belongs to no complete trial", "noted")
    for number in complete.values():
        architecture = networks[number]
        path = weights_path(folder, study.task(architecture))
        if folders.get(number, folder) == folder and not path.is_file():
            yield Finding(f"{path.relative_to(folder)} is missing; the trial of {architecture.id} is kept", "left")


def _mend_spec(study: Study, folder: Path) -> Iterator[Finding]:
    try:
        is_right = load_spec(str(folder / SPEC)) == study.spec
    except ValueError:
        is_right = False
    if not is_right:
        write_spec(folder, study.spec)
        yield Finding(f"{SPEC} was missing or not the study's: written again from the study")
