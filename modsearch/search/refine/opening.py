"""A study that is opened to train networks of it anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modsearch.search.evaluator import Evaluator
from modsearch.search.run import joined
from modsearch.search.store.database import database_failures, split_target
from modsearch.search.store.journal import Journal
from modsearch.search.store.lock import alone_in
from modsearch.search.store.run_folder import JOURNAL, check_links, journal_folder, stored_folder
from modsearch.search.store.study import Study, load_study

_SAME = {
    "data": "was searched with other images: give the same ones with --data.",
    "training device": "was trained on another device: say which one with --device.",
    "rule for tied channels": "was searched by a modsearch that selected otherwise between channels of equal score.",
}


@contextmanager
def open_for_refinement(target: str) -> Iterator[tuple[Study, Path]]:
    """A study and its folder, to which weights and results are added, as the only driver of that folder.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database whose folder is on this machine.

    Raises:
        ValueError: there is no study, its folder is not here, or a search is at work in it.
        StorageFailed: the database failed.
    """
    has_journal = "://" not in target
    folder = journal_folder(target) if has_journal else stored_folder(load_study(target).header)
    check_links(folder)
    url = None if has_journal else split_target(target)[0]
    with alone_in(folder, "Stop it, or wait for it."), database_failures(url):
        if has_journal:
            Journal(folder / JOURNAL).cut_fragment()
        with joined(load_study(target), folder) as study:
            yield study, folder


def check_conditions(study: Study, evaluator: Evaluator, training_device: str) -> None:
    """Raise ValueError where networks would be trained on other images than the study's, or on another device.

    Args:
        study: as its search was started.
        evaluator: that is to train.
        training_device: ``cpu`` or ``cuda``.
    """
    here = study.spec.fingerprint(evaluator.data_hash, training_device)
    there = study.header.fingerprint
    for name, words in _SAME.items():
        if there.get(name) != here[name]:
            raise ValueError(f"Study {study.spec.name} {words} What is trained here would not compare.")
