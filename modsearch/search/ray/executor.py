"""The Ray executor: Ray Tune runs visits of actors, and a desk keeps the record."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import ray
from ray import tune
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from modsearch.search.desk import Desk
from modsearch.search.executor import Driver
from modsearch.search.meter import Ending
from modsearch.search.ray.board import Board
from modsearch.search.ray.cluster import cluster_failures, connected, num_slots, open_addresses
from modsearch.search.ray.dispatch import Dispatch, Gauge
from modsearch.search.ray.folder import temporary_folder
from modsearch.search.ray.gauge import ReservedProbe, Turns
from modsearch.search.ray.images import with_images
from modsearch.search.ray.tuning import DispatchCallback, DispatchSearcher, DispatchStopper, losses_as_deaths
from modsearch.search.ray.worker import Worker
from modsearch.search.setting import CheckedEvaluator
from modsearch.search.study import INTERRUPTED
from modsearch.search.worker_state import remove_workers
from modsearch.space import Ray


@dataclass
class RayExecutor:
    """Runs a study on a Ray cluster until its budget is spent or its space is used up.

    Attributes:
        driver: the study, and who measures where the probe takes turns.
        settings: of the cluster and its workers.
        lost: after the search, why workers were lost -> how often.
    """

    driver: Driver
    settings: Ray = field(default_factory=Ray)
    lost: Mapping[str, int] = field(default_factory=dict)

    def run(self) -> Ending:
        """Search. What an earlier search left unfinished is tried again first.

        Raises:
            ValueError: nobody listens at the address, it refuses our token, no node has what a trial takes, or one has
                other images.
            SearchFailed: ten trials failed in a row, every network would fail, no worker can start, the disk is full,
                or the storage or the cluster is gone.
            KeyboardInterrupt: Ctrl-C; the trials at hand are recorded as failed, and the next search begins with them.
        """
        driver = self.driver
        desk = Desk(driver.study, driver.folder, driver.listener)
        try:
            with connected(self.settings), temporary_folder() as folder:
                self._warn()
                self.driver = with_images(driver, self.settings)
                dispatch = Dispatch(desk, self.settings.trials_per_visit, None, self.settings.max_failures)
                self.lost = dispatch.lost
                self._search(dispatch, folder)
        except KeyboardInterrupt:
            driver.study.end_running(INTERRUPTED)
            raise
        finally:
            remove_workers(driver.folder)
        if dispatch.error is not None:
            if dispatch.has_storage:
                driver.study.end_running(INTERRUPTED)  # its networks were not the reason
            raise dispatch.error
        assert desk.ending is not None
        return desk.ending

    def _search(self, dispatch: Dispatch, folder: str) -> None:
        """Search to the end. Who waits for other drivers holds no worker and no probe: they may need it."""
        is_more = True
        while is_more:
            with dispatch.keeping_errors(), cluster_failures():
                dispatch.gauge = self._gauge()
                self._fit(dispatch, folder)
            dispatch.gauge = None
            is_more = dispatch.wait()

    def _warn(self) -> None:
        if found := open_addresses():
            self.driver.listener.on_note(
                f"The Ray cluster listens on {', '.join(found)}: nothing is encrypted, and unless it asks for a token "
                "whoever reaches its ports can run anything as you."
            )

    def _resources(self) -> dict[str, float]:
        return {name.lower(): each for name, each in self.settings.resources.items()}

    def _gauge(self) -> Gauge | None:
        """Who measures; None where no time is taken, so that the workers may."""
        spec, num_ahead = self.driver.study.spec, num_slots(self.settings) * self.settings.trials_per_visit
        if not spec.is_timed:
            return None
        if self.settings.probe == "turns":
            return Turns(CheckedEvaluator(self.driver.evaluator, spec), num_ahead)
        note = self.driver.listener.on_note
        return ReservedProbe(spec, self.driver.make_evaluator, self.settings.probe, num_ahead, note)

    def _fit(self, dispatch: Dispatch, folder: str) -> None:
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        lasting = {"scheduling_strategy": here, "max_restarts": -1, "max_task_retries": -1}  # other nodes may die
        board = ray.remote(Board).options(num_cpus=0, **lasting).remote()
        parts = {
            "spec": self.driver.study.spec,
            "make_evaluator": self.driver.make_evaluator,
            "data_hash": self.driver.evaluator.data_hash,
            "board": board,
        }
        trainable = tune.with_resources(tune.with_parameters(Worker, **parts), self._resources())
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=DispatchSearcher(dispatch, board, self.settings),
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                stop=DispatchStopper(dispatch),
                failure_config=tune.FailureConfig(max_failures=self.settings.max_failures),
                callbacks=[DispatchCallback(dispatch, board, self.driver.folder, self.settings)],
            ),
        )
        try:
            with losses_as_deaths():
                tuner.fit()
        finally:
            dispatch.record_all()
