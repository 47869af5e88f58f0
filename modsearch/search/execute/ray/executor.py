"""The Ray executor: Ray Tune runs the workers, and a loop keeps the record."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import ray
from ray import tune
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from modsearch.search.execute.context import Context
from modsearch.search.execute.loop import Loop
from modsearch.search.execute.ray.cluster import cluster_failures, connected, num_slots, open_addresses
from modsearch.search.execute.ray.dispatch import Dispatch, Measurer
from modsearch.search.execute.ray.folder import temporary_folder
from modsearch.search.execute.ray.images import with_images
from modsearch.search.execute.ray.mailbox import Mailbox
from modsearch.search.execute.ray.measurer import ReservedProbe, Turns
from modsearch.search.execute.ray.tuning import DispatchCallback, DispatchSearcher, DispatchStopper, losses_as_deaths
from modsearch.search.execute.ray.worker import Worker
from modsearch.search.execute.setting import CheckedEvaluator
from modsearch.search.execute.source import Ending
from modsearch.search.store.study import INTERRUPTED
from modsearch.search.store.worker_state import remove_workers
from modsearch.space import Ray


@dataclass
class RayExecutor:
    """Runs a study on a Ray cluster until its budget is spent or its space is used up.

    Attributes:
        context: the study, and who measures where the probe takes turns.
        settings: of the cluster and its workers.
        lost: after the search, why workers were lost -> how often.
    """

    context: Context
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
        context = self.context
        loop = Loop(context.study, context.folder, context.listener, context.make_source, context.hosts)
        try:
            with connected(self.settings), temporary_folder() as folder:
                self._warn()
                self.context = with_images(context, self.settings)
                dispatch = Dispatch(loop, None, self.settings.max_failures)
                self.lost = dispatch.lost
                self._search(dispatch, folder)
        except KeyboardInterrupt:
            context.study.end_running(INTERRUPTED)
            raise
        finally:
            remove_workers(context.folder)
        if dispatch.error is not None:
            if dispatch.has_storage:
                context.study.end_running(INTERRUPTED)  # its networks were not the reason
            raise dispatch.error
        assert loop.ending is not None
        return loop.ending

    def _search(self, dispatch: Dispatch, folder: str) -> None:
        """Search to the end. Who waits for other drivers holds no worker and no probe: they may need it."""
        is_more = True
        while is_more:
            with dispatch.keeping_errors(), cluster_failures():
                dispatch.measurer = self._measurer()
                self._fit(dispatch, folder)
            dispatch.measurer = None
            is_more = dispatch.wait()

    def _warn(self) -> None:
        if found := open_addresses():
            self.context.listener.on_note(
                f"The Ray cluster listens on {', '.join(found)}: nothing is encrypted, and unless it asks for a token "
                "whoever reaches its ports can run anything as you."
            )

    def _resources(self) -> dict[str, float]:
        return {name.lower(): amount for name, amount in self.settings.resources.items()}

    def _measurer(self) -> Measurer | None:
        """Who measures; None where no time is taken, so that the workers may."""
        spec, num_ahead = self.context.study.spec, num_slots(self.settings)
        if not spec.is_timed_here:
            return None
        if self.settings.probe == "turns":
            return Turns(CheckedEvaluator(self.context.evaluator, spec), num_ahead)
        note = self.context.listener.on_note
        return ReservedProbe(spec, self.context.make_evaluator, self.settings.probe, num_ahead, note)

    def _fit(self, dispatch: Dispatch, folder: str) -> None:
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        lasting = {"scheduling_strategy": here, "max_restarts": -1, "max_task_retries": -1}  # other nodes may die
        mailbox = ray.remote(Mailbox).options(num_cpus=0, **lasting).remote()
        parts = {
            "spec": self.context.study.spec,
            "make_evaluator": self.context.make_evaluator,
            "data_hash": self.context.evaluator.data_hash,
            "mailbox": mailbox,
        }
        trainable = tune.with_resources(tune.with_parameters(Worker, **parts), self._resources())
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=DispatchSearcher(dispatch, mailbox, self.settings),
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                stop=DispatchStopper(dispatch),
                failure_config=tune.FailureConfig(max_failures=self.settings.max_failures),
                callbacks=[DispatchCallback(dispatch, mailbox, self.context.folder, self.settings)],
            ),
        )
        try:
            with losses_as_deaths():
                tuner.fit()
        finally:
            dispatch.record_all()
