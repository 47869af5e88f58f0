"""Context: what an executor works with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modsearch.record import Trial
from modsearch.search.evaluator import Evaluator, SharedImages
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.search_source import SearchSource
from modsearch.search.execute.source import Source
from modsearch.search.retime.hosts import Hosts
from modsearch.search.store.study import Study

MakeSource = Callable[[Study, Listener, Sequence[Trial]], Source]
"""Makes where the tasks of a study come from, that was opened for writing, after these trials."""


@dataclass(frozen=True)
class Context:
    """What an executor is given.

    Attributes:
        study: the record, opened for writing.
        evaluator: of this process.
        make_evaluator: makes the evaluator of a worker; is sent to it.
        folder: the run's folder, for weights.
        listener: hears of every step.
        images: for workers on other machines: ``make_evaluator`` is given ``images=``, a function that loads them.
            None where each worker has them.
        hosts: the machines that time networks for the study; None where it names none.
        make_source: makes where the tasks come from.
    """

    study: Study
    evaluator: Evaluator
    make_evaluator: Callable[..., Evaluator]
    folder: Path
    listener: Listener = field(default_factory=Listener)
    images: SharedImages | None = None
    hosts: Hosts | None = None
    make_source: MakeSource = SearchSource
