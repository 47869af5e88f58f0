"""Plan: what a search will take."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from modsearch.architecture import Architecture
from modsearch.space import Budget

_MAX_ENDINGS = 5


@dataclass(frozen=True)
class ImageCount:
    """How many images a study uses.

    Attributes:
        train: images to learn from.
        validation: other ones, to measure accuracy on.
        classes: number of classes.
        smallest_class: training images of the class that has the fewest.
        num_bytes: of all when decoded; they are kept in the cache.
        left_out: ending of a name -> how many files of a folder have it and are no images, or lie in no class.
        held_out: images of the folder that are left alone until the end.
    """

    train: int
    validation: int
    classes: int
    smallest_class: int
    num_bytes: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    held_out: int = 0


def name_left_out(left_out: Mapping[str, int]) -> str:
    """Such as ``20 .heic, 5 .txt``, those that are most first."""
    shown = [f"{number} {ending}" for ending, number in Counter(left_out).most_common(_MAX_ENDINGS)]
    num_more = sum(left_out.values()) - sum(dict(Counter(left_out).most_common(_MAX_ENDINGS)).values())
    return ", ".join(shown + [f"{num_more} others"] * (num_more > 0))


@dataclass(frozen=True)
class TrialCost:
    """What scoring one network takes.

    Attributes:
        measure_s: seconds of counting and timing the target.
        train_s: seconds of all epochs of its proxy, validation included.
        weights_bytes: its proxy's weights file.
        score_bytes: its score as JSON.
    """

    measure_s: float
    train_s: float
    weights_bytes: float
    score_bytes: float

    @property
    def seconds(self) -> float:
        """Of the whole trial."""
        return self.measure_s + self.train_s


@dataclass(frozen=True)
class Plan:
    """What a search will take on this machine, if nothing else runs on it.

    Attributes:
        name: of the study.
        num_points: of the space's encoding.
        num_networks: different networks among them, counted exactly; constraints are not considered.
        images: how many the fidelity selects.
        num_trials: trained networks that the budget allows, at most all of the space; None where it does not say.
        timed: what was timed, by role: ``cheapest``, ``costliest``, and its ``deleted`` form if it has light blocks; in
            a space of several members each of them, with its name in front.
        usual: what a network takes that is drawn from the space at random.
        ask_bytes: the journal's for proposing a network that is trained, without its score.
        budget: when the search ends.
        away_s: seconds that a network is timed on other machines, while others are trained; None without any.
    """

    name: str
    num_points: int
    num_networks: int
    images: ImageCount
    num_trials: int | None
    timed: dict[str, tuple[Architecture, TrialCost]]
    usual: TrialCost
    ask_bytes: float
    budget: Budget
    away_s: float | None = None

    @property
    def trial_s(self) -> tuple[float, float, float]:
        """Seconds of a trial: least, usual, most."""
        seconds = sorted(cost.seconds for _, cost in self.timed.values())
        return seconds[0], self.usual.seconds, seconds[-1]

    @property
    def total_s(self) -> tuple[float, float, float] | None:
        """Seconds of the search if all networks were the cheapest, usual or costliest; None where nothing limits it.

        Constraints and screening, which save training, are not considered.
        """
        least, usual, most = (self._limited_s(trial_s) for trial_s in self.trial_s)
        return None if least is None or usual is None or most is None else (least, usual, most)

    @property
    def disk_bytes(self) -> dict[str, float]:
        """Bytes of the ``weights`` and the ``journal`` of usual networks, and of the decoded ``images``."""
        total = self.total_s
        num_trials = total[1] / self.usual.seconds if total else 0.0
        return {
            "weights": num_trials * self.usual.weights_bytes,
            "journal": num_trials * (2 * self.usual.score_bytes + self.ask_bytes),  # a score is written twice
            "images": float(self.images.num_bytes),
        }

    def _limited_s(self, trial_s: float) -> float | None:
        trial_s = max(trial_s, self.away_s or 0.0)  # of two machines that work beside each other the slower one counts
        limits = [] if self.num_trials is None else [self.num_trials * trial_s]
        limits += [] if self.budget.hours is None else [3600 * self.budget.hours]
        return min(limits, default=None)
