"""Proposals: the next network that is not in the history, whatever the sampler repeats."""

import random
from collections import deque
from functools import cached_property

import optuna

from modsearch.architecture import Architecture
from modsearch.record import Score, Task, Trial, excesses
from modsearch.search.propose.history import History
from modsearch.search.propose.screen import Screen
from modsearch.search.propose.yardstick import Yardsticks
from modsearch.search.store.study import Study
from modsearch.space import Point, Space, StudySpec

_MAX_REPEATS = 2
_MAX_POINTS_TO_LIST = 20_000
_MAX_DRAWS = 2_000


class SpaceExhausted(Exception):  # noqa: N818
    """Every network of the space is in the history."""


class Proposer:
    """Proposes wanted networks first, and then what the sampler suggests.

    Wanted are, in this order: what an earlier search left unfinished, controls of networks that reached the front,
    published networks. A start works them out from the history; a control is then owed only to the present front.

    Args:
        study: the record, opened for writing.

    Attributes:
        history: every network that was settled; ``add`` enters another one.
        running: id -> number of the trial of every network that was proposed and is not settled.
    """

    def __init__(self, study: Study) -> None:
        self.study, self.spec = study, study.spec
        self.history = History.read(study)
        self.running: dict[str, int] = {}
        self._yardsticks = Yardsticks(self.spec)
        self._wanted = deque(self._yardsticks.seeds)
        self._news: list[Trial] = []
        self._want_controls(self.history.front)
        self._want_unfinished()

    def add(self, trial: Trial) -> None:
        """Enter how a network's trial ended. One that reached the front is followed by its controls."""
        self.history.add(trial)
        if trial.architecture is not None:
            self.running.pop(trial.architecture.id, None)
        self._want_controls([member for member in self.history.front if member.number == trial.number])

    def catch_up(self) -> None:
        """Enter what other drivers ended since we looked last."""
        for trial in self.history.catch_up(self.study):
            self._news.append(trial)
            self._want_controls([member for member in self.history.front if member.number == trial.number])
        self._want_unfinished()

    def take_news(self) -> list[Trial]:
        """The trials of other drivers that were entered since this was asked last."""
        news, self._news = self._news, []
        return news

    def wants_more(self) -> bool:
        """Whether a network of the space is wanted that nobody has settled or scores."""
        unseen = (network for network in self._wanted if not self._is_seen(network))
        self._wanted = deque(network for network in unseen if self.spec.space.encode(network) is not None)
        return bool(self._wanted)

    def screen(self, architecture: Architecture) -> Screen | None:
        """What judges the network while it trains; None for one that others are held against."""
        if not self.spec.screening or architecture in self._yardsticks:
            return None
        return self.history.screen()

    def settled(self) -> set[str]:
        """The keys of the tasks that need no further training."""
        return {f"{network}-{self.study.draw}" for network in self.history.trials}

    def propose(self) -> tuple[optuna.Trial, Task]:
        """The next trial, whose network is neither settled nor running.

        Repeats are answered from the history and another network is asked for; after two repeats in a row an unseen one
        is drawn at random, so that no network costs more than three asks.

        Raises:
            SpaceExhausted: no unseen network is left, or none was found in 2,000 draws from a large space.
        """
        num_repeats = 0
        while True:
            trial, architecture = self._ask(self._next_wanted())
            if not self._is_seen(architecture) and self._claim(trial, architecture):
                self.running[architecture.id] = trial.number
                return trial, self.study.task(architecture)
            self.answer_repeat(trial, architecture)
            num_repeats += 1
            if self._is_used_up():
                raise SpaceExhausted
            if num_repeats % _MAX_REPEATS == 0:
                self._wanted.append(self._draw_unseen(seed=self.spec.seed + trial.number))

    def answer_repeat(self, trial: optuna.Trial, architecture: Architecture) -> None:
        """End a trial with what is known of its network; of a running one, that is nothing."""
        settled = self.history.trials.get(architecture.id)
        if settled is None:
            others = self.study.others
            number = self.running.get(architecture.id, others.get(self.study.task(architecture).key, trial.number))
            trial.set_user_attr("repeat_of", number)
            self.study.tell(trial, "failed", reason="another trial is scoring the same network")
            return
        trial.set_user_attr("repeat_of", settled.number)
        if settled.score is not None and settled.state != "failed":
            set_constraints(trial, architecture, settled.score, self.spec)
        self.study.tell(trial, settled.state, settled.score, settled.reason)

    def _ask(self, wanted: Point | None) -> tuple[optuna.Trial, Architecture]:
        if wanted is not None:
            self.study.optuna_study.enqueue_trial(dict(wanted))
        trial = self.study.optuna_study.ask()
        self.study.sign(trial)
        architecture = self.spec.space.decode(suggest(trial, self.spec.space))
        trial.set_user_attr("architecture", architecture.model_dump(mode="json"))
        trial.set_user_attr("task", self.study.task(architecture).key)
        return trial, architecture

    def _next_wanted(self) -> Point | None:
        """The point of the next wanted network that lies in the space and is not settled, or None."""
        while self._wanted:
            architecture = self._wanted.popleft()
            point = None if self._is_seen(architecture) else self.spec.space.encode(architecture)
            if point is not None:
                return point
        return None

    def _want_controls(self, trials: list[Trial]) -> None:
        self._wanted.extendleft(self._yardsticks.add_controls(trials))

    def _is_seen(self, architecture: Architecture) -> bool:
        network, others = architecture.id, self.study.others
        return network in self.running or network in self.history.trials or f"{network}-{self.study.draw}" in others

    def _claim(self, trial: optuna.Trial, architecture: Architecture) -> bool:
        """Whether the network is ours to score."""
        is_ours = self.study.claim(self.study.task(architecture).key, trial.number)
        if not self.study.is_shared:
            return is_ours
        self.catch_up()  # who had it may have settled it before we took it
        if is_ours and architecture in self.history:
            self.study.put_back(self.study.task(architecture).key)
            return False
        return is_ours

    def _want_unfinished(self) -> None:
        self._wanted.extendleft(reversed(self.history.unfinished))
        self.history.unfinished.clear()

    @cached_property
    def _networks(self) -> dict[str, Architecture]:
        """Every network of a small space by id; empty for a large one."""
        space = self.spec.space
        if space.num_points > _MAX_POINTS_TO_LIST:
            return {}
        return {network.id: network for network in map(space.decode, space.points())}

    def _is_used_up(self) -> bool:
        return bool(self._networks) and all(map(self._is_seen, self._networks.values()))

    def _draw_unseen(self, seed: int) -> Architecture:
        generator = random.Random(seed)
        if self._networks:
            return generator.choice(
                [candidate for candidate in self._networks.values() if not self._is_seen(candidate)]
            )
        for _ in range(_MAX_DRAWS):
            network = self.spec.space.decode(self.spec.space.draw(generator))
            if not self._is_seen(network):
                return network
        raise SpaceExhausted


def suggest(trial: optuna.Trial, space: Space) -> Point:
    """Ask for every parameter of the encoding."""
    return {
        name: trial.suggest_categorical(name, parameter.names)
        if parameter.names
        else trial.suggest_int(name, 0, parameter.num_choices - 1)
        for name, parameter in space.parameters.items()
    }


def set_constraints(trial: optuna.Trial, architecture: Architecture, score: Score, spec: StudySpec) -> None:
    """Tell the sampler how far each constrained metric lies above its bound, once for each metric."""
    for name, excess in excesses(architecture, score, spec).items():
        if name not in trial.constraints:
            trial.set_constraint(name, excess)
