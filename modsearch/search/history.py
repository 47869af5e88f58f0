"""History: every network that a study has settled, by id."""

from collections import Counter
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial

from modsearch.architecture import Architecture
from modsearch.record import Trial, pareto_front, violations
from modsearch.search.study import INTERRUPTED, UNFINISHED, Study
from modsearch.space import StudySpec

_MAX_DEATHS = 3


@dataclass
class History:
    """The networks that need no further trial, and those that a search was torn away from.

    Attributes:
        trials: id -> how its trial ended; enough to answer a repeat.
        unfinished: networks whose trial was interrupted or died, in the order of proposal.
    """

    trials: dict[str, Trial] = field(default_factory=dict)
    unfinished: list[Architecture] = field(default_factory=list)

    @classmethod
    def read(cls, study: Study) -> "History":
        """What the finished trials of a study say.

        A network that failed may be tried again: the cause may be gone. One that three searches died of is left alone.
        """
        history = cls()
        deaths: Counter[str] = Counter()
        for frozen in study.optuna_study.get_trials(deepcopy=False):
            trial = study.read(frozen)
            if trial.architecture is None or trial.is_repeat:
                continue
            if _is_unfinished(frozen):
                deaths[trial.architecture.id] += trial.reason != INTERRUPTED
                if deaths[trial.architecture.id] < _MAX_DEATHS:
                    history.unfinished.append(trial.architecture)
                else:
                    history.add(trial)
            elif not (trial.state == "failed" or _is_pardoned(trial, study.spec)):
                history.add(trial)
        return history

    def add(self, trial: Trial) -> None:
        """Enter how a network's trial ended."""
        assert trial.architecture is not None
        self.trials[trial.architecture.id] = trial

    def __contains__(self, architecture: Architecture) -> bool:
        return architecture.id in self.trials

    @property
    def trained(self) -> list[Trial]:
        """The networks that were trained to the end."""
        return [trial for trial in self.trials.values() if trial.state == "complete"]

    @property
    def num_judged(self) -> int:
        """How many networks were trained to the end, or as long as they could reach the front."""
        return sum(trial.state == "complete" or trial.is_screened for trial in self.trials.values())

    def front(self, spec: StudySpec) -> list[Trial]:
        """The networks that keep every constraint and that no other such network dominates."""
        kept = [
            (trial, trial.score.values(spec.objectives))
            for trial in self.trained
            if trial.architecture and trial.score and not violations(trial.architecture, trial.score, spec)
        ]
        return [kept[index][0] for index in pareto_front([values for _, values in kept], spec.directions)]


def _is_unfinished(frozen: FrozenTrial) -> bool:
    return not frozen.state.is_finished() or UNFINISHED in frozen.user_attrs


def _is_pardoned(trial: Trial, spec: StudySpec) -> bool:
    """Whether what stopped a network stands no longer: screening was switched off, or a bound was raised."""
    if trial.state != "pruned" or trial.score is None or trial.architecture is None:
        return False
    if trial.is_screened:
        return not spec.screening
    return not violations(trial.architecture, trial.score, spec)
