"""History: every network that a study has settled, by id."""

from dataclasses import dataclass, field

from optuna.trial import FrozenTrial

from modsearch.architecture import Architecture
from modsearch.record import Score, Trial, pareto_front
from modsearch.search.study import UNFINISHED, Study, to_trial
from modsearch.space import StudySpec


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
        """What the finished trials of a study say."""
        history = cls()
        for frozen in study.optuna_study.get_trials(deepcopy=False):
            trial = to_trial(frozen)
            if trial.architecture is None or trial.is_repeat:
                continue
            if _is_unfinished(frozen):
                history.unfinished.append(trial.architecture)
            elif not _is_pardoned(trial, study.spec):
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

    def front(self, spec: StudySpec) -> list[Architecture]:
        """The networks that no trained network dominates."""
        trained = self.trained
        values = [trial.score.values(spec.objectives) for trial in trained if trial.score is not None]
        members = [trained[index].architecture for index in pareto_front(values, spec.directions)]
        return [each for each in members if each is not None]


def violations(score: Score, spec: StudySpec) -> list[str]:
    """The constraints that a network violates, in words."""
    values = [(each, score.metrics[each.metric].value) for each in spec.constraints]
    return [f"{each.metric} is {value:.6g}, over {each.max:.6g}" for each, value in values if value > each.max]


def _is_unfinished(frozen: FrozenTrial) -> bool:
    return not frozen.state.is_finished() or UNFINISHED in frozen.user_attrs


def _is_pardoned(trial: Trial, spec: StudySpec) -> bool:
    """Whether a network was left untrained for a bound that has been raised since."""
    return trial.state == "pruned" and trial.score is not None and not violations(trial.score, spec)
