"""History: every network that a study has settled, by id."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from modsearch.architecture import Architecture
from modsearch.record import Score, Trial, violations
from modsearch.search.propose.screen import Curves, Rival, Screen
from modsearch.search.store.study import DAMAGED, INTERRUPTED, UNFINISHED, Study
from modsearch.space import StudySpec
from modsearch.statistic import pareto_front

_MAX_DEATHS = 3


@dataclass
class History:
    """The networks that need no further trial, and those that a search was torn away from.

    What is asked of it again and again is kept up to date as networks are entered: no trial costs more than the last.

    Attributes:
        spec: the study.
        trials: id -> how its trial ended; enough to answer a repeat.
        judged: the networks that were trained to the end, or as long as they could reach the front.
        front: the networks that keep every constraint and that no other such network dominates.
        curves: the learning curves of those that were trained to the end.
        unfinished: networks whose trial was interrupted or died, in the order of proposal.
        trained: id -> the score of those of them that were trained, and only waited for another machine.
    """

    spec: StudySpec
    trials: dict[str, Trial] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    front: list[Trial] = field(default_factory=list)
    curves: Curves = field(default_factory=Curves)
    unfinished: list[Architecture] = field(default_factory=list)
    trained: dict[str, Score] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)
    _deaths: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, study: Study) -> "History":
        """What the finished trials of a study say.

        A network that failed may be tried again: the cause may be gone. One that three searches died of is left alone.
        """
        history = cls(study.spec)
        for trial in history._settled(study):
            if not (trial.state == "failed" or _is_pardoned(trial, study.spec)):
                history.add(trial)
        return history

    def catch_up(self, study: Study) -> list[Trial]:
        """Enter what other drivers settled since we looked last, and return it; ``unfinished`` grows too."""
        trials = list(self._settled(study))
        for trial in trials:
            self.add(trial)
        return trials

    def add(self, trial: Trial) -> None:
        """Enter how a network's trial ended."""
        assert trial.architecture is not None
        network = trial.architecture.id
        self.trials[network] = _slim(trial)
        self._known.add(trial.number)
        if trial.state == "complete" or trial.is_screened:
            self.judged.add(network)
        if trial.state == "complete" and trial.score is not None:
            self.curves.add(trial.score)
            if not violations(trial.architecture, trial.score, self.spec):
                self._enter_front(self.trials[network])

    def screen(self) -> Screen:
        """What judges a network while it trains, by what is settled now."""
        rivals = [
            Rival(member.architecture.id, member.score.values(self.spec.objectives))
            for member in self.front
            if member.architecture and member.score
        ]
        return Screen(self.spec, tuple(self.curves.lines), tuple(rivals))

    def _settled(self, study: Study) -> Iterator[Trial]:
        """What trials that are new to us settled; the networks that they did not settle go to ``unfinished``."""
        for frozen in study.optuna_study.get_trials(deepcopy=False):
            if frozen.number in self._known or not frozen.state.is_finished():
                continue
            self._known.add(frozen.number)
            trial = study.read(frozen)
            if trial.architecture is None or trial.is_repeat or _is_of_another_draw(trial, study):
                continue
            if trial.state == "failed" and UNFINISHED in frozen.user_attrs:
                self._deaths[trial.architecture.id] += trial.reason not in (INTERRUPTED, DAMAGED)
                if self._deaths[trial.architecture.id] < _MAX_DEATHS:
                    self.unfinished.append(trial.architecture)
                    if trial.score is not None and "accuracy" in trial.score.metrics:
                        self.trained[trial.architecture.id] = trial.score
                else:
                    self.add(trial)
            else:
                yield trial

    def __contains__(self, architecture: Architecture) -> bool:
        return architecture.id in self.trials

    def _enter_front(self, trial: Trial) -> None:
        """Whoever stood behind a member before stands behind the front for ever."""
        both = [*self.front, trial]
        values = [candidate.score.values(self.spec.objectives) for candidate in both if candidate.score]
        self.front = [both[index] for index in pareto_front(values, self.spec.directions)]


def _slim(trial: Trial) -> Trial:
    """The trial with what repeats and the front need of its score: the rest is most of the memory of a long study."""
    if trial.score is None:
        return trial
    return trial.model_copy(update={"score": Score(metrics=trial.score.metrics)})


def _is_of_another_draw(trial: Trial, study: Study) -> bool:
    """Whether a trial stands for another task than a search's, which settles nothing for it."""
    return bool(trial.task) and trial.task.partition("-")[2] != study.draw


def _is_pardoned(trial: Trial, spec: StudySpec) -> bool:
    """Whether what stopped a network stands no longer: screening was switched off, or a bound was raised."""
    if trial.state != "pruned" or trial.score is None or trial.architecture is None:
        return False
    if trial.is_screened:
        return not spec.screening
    return not violations(trial.architecture, trial.score, spec)
