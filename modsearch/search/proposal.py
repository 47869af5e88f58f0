"""Proposals: the next network that is not in the record, whatever the sampler repeats."""

import random
from dataclasses import dataclass, field

import optuna
from optuna.trial import TrialState

from modsearch.architecture import Architecture
from modsearch.record import Score, pareto_front
from modsearch.space import Point, SearchSpace, StudySpec

_MAX_REPEATS = 20
_MAX_POINTS_TO_LIST = 20_000
_MAX_DRAWS = 2_000


class SpaceExhausted(Exception):  # noqa: N818
    """Every network of the space is in the record."""


@dataclass(frozen=True)
class Outcome:
    """What became of a network: enough to answer a repeat.

    Attributes:
        number: the trial that it was.
        state: how it ended.
        score: what is known about it.
        reason: why it failed or was pruned.
    """

    number: int
    state: TrialState
    score: Score | None
    reason: str = ""


@dataclass
class Record:
    """Every network that was tried, by id."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def add(self, architecture: Architecture, outcome: Outcome) -> None:
        """Enter what became of a network."""
        self.outcomes[architecture.id] = outcome

    @property
    def num_trained(self) -> int:
        """How many networks were trained to the end."""
        return sum(each.state is TrialState.COMPLETE for each in self.outcomes.values())

    def on_front(self, architecture: Architecture, spec: StudySpec) -> bool:
        """Whether no trained network dominates this one."""
        trained = {id_: each.score for id_, each in self.outcomes.items() if each.state is TrialState.COMPLETE}
        if architecture.id not in trained:
            return False
        values = [score.values(spec.objectives) for score in trained.values() if score is not None]
        return list(trained).index(architecture.id) in pareto_front(values, spec.directions)


def propose(study: optuna.Study, spec: StudySpec, record: Record) -> tuple[optuna.Trial, Architecture]:
    """The next trial whose network is not in the record.

    Repeats are answered from the record and another network is asked for; after 20 repeats in a row an unseen one is
    drawn at random.

    Raises:
        SpaceExhausted: no unseen network is left, or none was found in 2,000 draws from a large space.
    """
    num_repeats = 0
    while True:
        trial = study.ask()
        architecture = spec.space.decode(suggest(trial, spec.space))
        outcome = record.outcomes.get(architecture.id)
        trial.set_user_attr("architecture", architecture.model_dump(mode="json"))
        if outcome is None:
            return trial, architecture
        _answer_repeat(study, trial, outcome, spec)
        num_repeats += 1
        if num_repeats % _MAX_REPEATS == 0:
            study.enqueue_trial(dict(_unseen_point(spec.space, record, seed=spec.seed + trial.number)))


def suggest(trial: optuna.Trial, space: SearchSpace) -> Point:
    """Ask for every parameter of the encoding."""
    return {
        name: trial.suggest_categorical(name, parameter.names)
        if parameter.names
        else trial.suggest_int(name, 0, parameter.num_choices - 1)
        for name, parameter in space.parameters.items()
    }


def mark_violations(trial: optuna.Trial, score: Score, spec: StudySpec) -> list[str]:
    """Tell the sampler how far each constraint is from its bound; returns the violated ones in words."""
    violated = []
    for each in spec.constraints:
        value = score.metrics[each.metric].value
        trial.set_constraint(each.metric, value - each.max)
        if value > each.max:
            violated.append(f"{each.metric} is {value:.6g}, over {each.max:.6g}")
    return violated


def _answer_repeat(study: optuna.Study, trial: optuna.Trial, outcome: Outcome, spec: StudySpec) -> None:
    trial.set_user_attr("repeat_of", outcome.number)
    if outcome.score is not None and outcome.state is not TrialState.FAIL:
        mark_violations(trial, outcome.score, spec)
    if outcome.state is TrialState.COMPLETE:
        assert outcome.score is not None
        study.tell(trial, outcome.score.values(spec.objectives))
    else:
        trial.set_user_attr("reason", outcome.reason)
        study.tell(trial, state=outcome.state)


def _unseen_point(space: SearchSpace, record: Record, seed: int) -> Point:
    """A point of a network that is not in the record."""
    generator = random.Random(seed)
    if space.num_points <= _MAX_POINTS_TO_LIST:
        points = list(space.points())
        generator.shuffle(points)
    else:
        values = {name: parameter.values for name, parameter in space.parameters.items()}
        points = [{name: generator.choice(each) for name, each in values.items()} for _ in range(_MAX_DRAWS)]
    for point in points:
        if space.decode(point).id not in record.outcomes:
            return point
    raise SpaceExhausted
