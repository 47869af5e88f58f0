"""Pool: the networks that may be proposed, each once, whatever number of points mean it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

Point = Mapping[str, Any]
Description = tuple[Hashable, Sequence[float]]
"""What a point means: a key that all points of one network share, and the network's features."""


class Pool:
    """Candidates in the order in which they were added.

    Args:
        points: the first candidates.
        describe: the key and the F features of the network that a point means.
        groups: for each of the F features the number of its group, counted from 0. Features of a group share a length
            scale: a one-hot group measures whether two networks differ there.
        distributions: of the parameters, as Optuna is asked for them.
        known: metric -> its value for each of the first candidates, where it is known beforehand.
        move: the points around a candidate's point; without it the pool is complete.

    Attributes:
        points: a point that means each candidate.
    """

    def __init__(
        self,
        points: Iterable[Point],
        describe: Callable[[Point], Description],
        groups: Sequence[int],
        distributions: Mapping[str, BaseDistribution],
        known: Mapping[str, Sequence[float]] | None = None,
        move: Callable[[Point], Iterable[Point]] | None = None,
    ) -> None:
        self.points: list[Point] = []
        self.groups, self.distributions = tuple(groups), dict(distributions)
        self.known = {name: np.asarray(values, float) for name, values in (known or {}).items()}
        self._describe, self._move = describe, move
        self._index: dict[Hashable, int] = {}
        self._rows: list[Sequence[float]] = []
        self._features = np.zeros((0, len(self.groups)))
        self._grown: set[int] = set()
        for point in points:
            self.add(point)
        for name, values in self.known.items():
            assert len(values) == len(self), f"{name} of {len(values)} candidates, not {len(self)}"

    def __len__(self) -> int:
        return len(self.points)

    @property
    def is_complete(self) -> bool:
        """Whether no candidate will join."""
        return self._move is None

    def add(self, point: Point) -> int:
        """The index of the network that a point means; a new one is appended."""
        key, features = self._describe(point)
        if key not in self._index:
            self._index[key] = len(self.points)
            self.points.append(dict(point))
            self._rows.append(features)
        return self._index[key]

    def find(self, point: Point) -> int | None:
        """The index of the network that a point means, or None where it means none; a new one joins a growing pool."""
        try:
            key, _ = self._describe(point)
        except (KeyError, ValueError, IndexError):  # another study's parameters, or not all of them
            return None
        return self._index.get(key) if self._move is None else self.add(point)

    def grow(self, index: int) -> bool:
        """Add what lies around a candidate; False where that was done, or where the pool is complete."""
        if self._move is None or index in self._grown:
            return False
        self._grown.add(index)
        for point in self._move(self.points[index]):
            self.add(point)
        return True

    @property
    def centre_and_scale(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For each feature its mean, and the deviation of its group: so scaled, a group has a variance of 1 in sum."""
        x_NF, groups = self.features, list(self.groups)
        variance = np.bincount(groups, weights=x_NF.var(axis=0))
        return x_NF.mean(axis=0), np.sqrt(np.where(variance > 0, variance, 1.0))[groups]

    @property
    def features(self) -> NDArray[np.float64]:
        """Features of all candidates, (N, F)."""
        if len(self._features) < len(self._rows):
            new = np.asarray(self._rows[len(self._features) :], float)
            self._features = np.concatenate([self._features, new])
        return self._features
