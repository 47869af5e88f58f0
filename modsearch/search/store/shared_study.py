"""SharedStudy: a study in a database, at which several drivers may be at work."""

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages._cached_storage import _CachedStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from modsearch.record import Score, State, Trial
from modsearch.search.store.claim_table import ClaimTable
from modsearch.search.store.study import DIED, UNFINISHED, Study
from modsearch.search.store.trial_codec import DRIVER, TRIAL_STATES, owner, to_trial


@dataclass(frozen=True)
class SharedStudy(Study):
    """A study at which we are one of several drivers, each in a folder of its own. Nothing is scored twice.

    Attributes:
        optuna_study: where it is stored.
        claims: which driver has which task.
    """

    claims: ClaimTable

    @property
    def is_shared(self) -> bool:
        """Yes."""
        return True

    @property
    def others(self) -> Mapping[str, int]:
        """What other drivers had when we looked last."""
        return self.claims.others

    @property
    def salt(self) -> int:
        """What sets our sampler's seed apart from those of the others; 0 for a driver that began alone."""
        return self.claims.salt

    def others_work(self) -> bool:
        """Whether another driver has a task, or a place for one; looks anew."""
        self.claims.claimed()
        return bool(self.claims.others)

    def is_leader(self) -> bool:
        """Whether our name is the first among the drivers that live."""
        return self.claims.driver == min(self.claims.living())

    def reserve(self, limit: int | None, judged: Callable[[], Set[str]]) -> bool:
        """Take a place in the budget, one driver after the other."""
        return self.claims.reserve(limit, judged)

    def claim(self, task: str, trial: int) -> bool:
        """Turn the place into the claim of a task; False where another driver has it."""
        return self.claims.take(task, trial)

    def put_back(self, task: str) -> None:
        """Turn the claim of a task into a place again."""
        self.claims.put_back(task)

    def release(self, task: str = "") -> None:
        """Let go of a task whose trial has ended; without a name, of the place."""
        self.claims.release(task)

    def sign(self, asked: optuna.Trial) -> None:
        """Say in a trial that it is ours, and that its weights will be in our folder."""
        asked.set_user_attr(DRIVER, {"id": self.claims.driver, "folder": self.claims.folder})

    def tell(
        self, asked: optuna.Trial, state: State, score: Score | None = None, reason: str = "", seconds: float = 0.0
    ) -> Trial:
        """End a trial. Where another driver took us for dead and ended it, what we found goes into another trial."""
        try:
            told = super().tell(asked, state, score, reason, seconds)
        except UpdateFinishedTrialError:
            told = to_trial(self._stored(asked._trial_id))
        if told.state == state or state == "failed" or score is None:
            return told
        notes = {"reason": reason, "seconds": seconds}
        return to_trial(self._tell_elsewhere(self._stored(asked._trial_id), state, score, notes))

    def end_running(self, reason: str) -> None:
        """End our trials that still run, and let go of their tasks."""
        for running in self._running():
            if self.claims.owns(owner(running)):
                self._end(running, reason)
        self.claims.free([claim for claim in self.claims.claimed() if claim.driver == self.claims.driver])

    def end_dead(self) -> None:
        """End what dead drivers left running, and then let go of their claims.

        In this order, a driver that was only slow either tells its trial or finds it ended: no network is given away
        whose result is still to come into its trial. What is read first may be there before its driver is known to
        live, so the living are read last.
        """
        claimed, left = self.claims.claimed(), self._running()
        living = self.claims.living()
        for running in left:
            if owner(running) and owner(running) not in living:
                self._end(running, DIED)
        self.claims.free([claim for claim in claimed if claim.driver not in living])

    def _stored(self, trial_id: int) -> FrozenTrial:
        return self.optuna_study._storage.get_trial(trial_id)

    def _tell_elsewhere(self, ended: FrozenTrial, state: State, score: Score, notes: dict[str, Any]) -> FrozenTrial:
        """Give a result whose trial was ended to the trial that another driver began instead, or else to a new one.

        Either is atomic: a trial ends once, and a task has one claim.
        """
        network = to_trial(ended).architecture
        assert network is not None
        attrs = {"score": score.model_dump(mode="json"), DRIVER: ended.user_attrs.get(DRIVER)} | notes
        values = score.values(self.spec.objectives) if state == "complete" else None
        key = self.task(network).key
        while not self.claim(key, ended.number):
            number = self.others.get(key)
            if number is not None:
                return self._tell_for(number, attrs, TRIAL_STATES[state], values)
        for trial in self.trials():  # who had it may have told it before we took it
            if trial.state == "complete" and not trial.is_repeat and trial.architecture == network:
                return ended
        another = create_trial(
            state=TRIAL_STATES[state],
            values=values,
            params=ended.params,
            distributions=ended.distributions,
            user_attrs={name: said for name, said in ended.user_attrs.items() if name != UNFINISHED} | attrs,
            system_attrs=ended.system_attrs,
        )
        return self._stored(self.optuna_study._storage.create_new_trial(self.optuna_study._study_id, another))

    def _tell_for(
        self, number: int, attrs: dict[str, Any], state: TrialState, values: tuple[float, ...] | None
    ) -> FrozenTrial:
        """End another driver's trial with our result, unless it did so itself."""
        running, storage = self.optuna_study.get_trials(deepcopy=False)[number], self.optuna_study._storage
        with suppress(UpdateFinishedTrialError):
            for name, value in attrs.items():
                storage.set_trial_user_attr(running._trial_id, name, value)
            return self.optuna_study.tell(number, values, state, skip_if_finished=True)
        return self._stored(running._trial_id)


@contextmanager
def shared(study: Study, folder: Path) -> Iterator[SharedStudy]:
    """Be one of the drivers of a study in a database while the body runs.

    Args:
        study: opened for reading.
        folder: the run's folder, which is locked.
    """
    storage = study.optuna_study._storage
    assert isinstance(storage, _CachedStorage)
    claims = ClaimTable(storage._backend.engine, study.optuna_study._study_id, folder)
    with claims.alive():
        yield SharedStudy(study.optuna_study, claims)
