"""Context: what an executor works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from modsearch.search.evaluator import Evaluator, SharedImages
from modsearch.search.execute.listener import Listener
from modsearch.search.retime.hosts import Hosts
from modsearch.search.store.study import Study


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
    """

    study: Study
    evaluator: Evaluator
    make_evaluator: Callable[..., Evaluator]
    folder: Path
    listener: Listener = field(default_factory=Listener)
    images: SharedImages | None = None
    hosts: Hosts | None = None
