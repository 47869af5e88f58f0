"""The Ray executor: Ray Tune runs visits of actors, and a desk keeps the record."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray import tune

from modsearch.search.desk import Desk
from modsearch.search.evaluator import Evaluator
from modsearch.search.listener import Listener
from modsearch.search.meter import Ending
from modsearch.search.ray.board import Board
from modsearch.search.ray.dispatch import Dispatch, Gauge
from modsearch.search.ray.gauge import ReservedProbe, Turns
from modsearch.search.ray.tuning import DispatchCallback, DispatchSearcher, DispatchStopper
from modsearch.search.ray.worker import MakeEvaluator, Worker
from modsearch.search.study import INTERRUPTED, Study
from modsearch.space import Ray

_SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # no files beside the study
    "TUNE_WARN_THRESHOLD_S": "30",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C ends a search here as it does elsewhere
}


@dataclass
class RayExecutor:
    """Runs a study on a Ray cluster until its budget is spent or its space is used up.

    Attributes:
        study: the record, opened for writing.
        evaluator: of this process; it measures where the probe takes turns.
        make_evaluator: makes the evaluator of a worker; is sent to it.
        folder: the run's folder, for weights.
        settings: of the cluster and its workers.
        listener: hears of every step.
        lost: after the search, why workers were lost -> how often.
    """

    study: Study
    evaluator: Evaluator
    make_evaluator: MakeEvaluator
    folder: Path
    settings: Ray = field(default_factory=Ray)
    listener: Listener = field(default_factory=Listener)
    lost: Mapping[str, int] = field(default_factory=dict)

    def run(self) -> Ending:
        """Search. What an earlier search left unfinished is tried again first.

        Raises:
            ValueError: nobody listens at the address, or no node has what a trial takes.
            SearchFailed: ten trials failed in a row, or the disk is full.
            KeyboardInterrupt: Ctrl-C; the trials at hand are recorded as failed, and the next search begins with them.
        """
        desk = Desk(self.study, self.folder, self.listener)
        try:
            with _cluster(self.settings), tempfile.TemporaryDirectory(prefix="modsearch-ray-") as folder:
                dispatch = Dispatch(desk, self.settings.trials_per_visit, self._gauge())
                self._fit(dispatch, folder)
        except KeyboardInterrupt:
            self.study.end_running(INTERRUPTED)
            raise
        self.lost = dispatch.lost
        if dispatch.error is not None:
            raise dispatch.error
        assert desk.ending is not None
        return desk.ending

    @property
    def num_slots(self) -> int:
        """Trials that run at a time."""
        have: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        want = self._resources()
        fits = min(int(have.get(name.upper(), 0) / each) for name, each in want.items() if each)
        return max(1, min(fits, self.settings.workers or fits))

    def _resources(self) -> dict[str, float]:
        return {"cpu": self.settings.cpus_per_trial, "gpu": self.settings.gpus_per_trial}

    def _gauge(self) -> Gauge | None:
        """Who measures; None where no time is taken, so that the workers may."""
        spec, num_ahead = self.study.spec, self.num_slots * self.settings.trials_per_visit
        if not spec.is_timed:
            return None
        if self.settings.probe == "turns":
            return Turns(self.evaluator, num_ahead)
        return ReservedProbe(spec, self.make_evaluator, self.settings.probe, num_ahead)

    def _fit(self, dispatch: Dispatch, folder: str) -> None:
        board = ray.remote(Board).options(num_cpus=0).remote()
        parts = {"spec": self.study.spec, "make_evaluator": self.make_evaluator, "board": board}
        trainable = tune.with_resources(tune.with_parameters(Worker, **parts), self._resources())
        tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=DispatchSearcher(dispatch, board),
                num_samples=-1,
                reuse_actors=True,
                max_concurrent_trials=self.num_slots,
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                stop=DispatchStopper(dispatch),
                failure_config=tune.FailureConfig(max_failures=self.settings.max_failures),
                callbacks=[DispatchCallback(dispatch, board)],
            ),
        ).fit()


@contextmanager
def _cluster(settings: Ray) -> Iterator[None]:
    """A connection to the cluster, or a cluster of this machine that ends with the body."""
    os.environ.update(_SETTINGS)
    logging.getLogger("ray").setLevel(logging.ERROR)  # it misses the files that it was told not to write
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error", "configure_logging": False}
    if settings.address is None:
        options |= {"include_dashboard": False, "num_cpus": os.cpu_count(), "_node_ip_address": "127.0.0.1"}
    ray.init(address=settings.address, **options)
    try:
        yield
    finally:
        ray.shutdown()
