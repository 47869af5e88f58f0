"""Estimate: a quantile over the rounds of several processes, with an interval that knows of both."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Processes = Sequence[Sequence[float]]
"""One value a round, in one sequence a fresh process."""

_NUM_RESAMPLES = 500
_TAIL = 0.975
_Floats = NDArray[np.float64]


def quantile_interval(processes: Processes, quantile: float = 0.5) -> tuple[float, float, float]:
    """The quantile of all rounds, and its 95 % interval.

    Rounds of one process share its luck, so that they are no independent draws. The two levels of a bootstrap are taken
    apart: resampled processes with their rounds as they are give the variance between processes (times P / (P - 1),
    which the bootstrap of P clusters lacks), resampled rounds within each process that within them. The first holds
    part of the second already; their sum errs to the safe side. The interval is symmetric, of Student's t with
    Satterthwaite's degrees of freedom (Biometrics Bulletin 2, 1946).

    Coverage of the median in simulations, at 3 processes of 12 rounds: 97 % without an effect of the process, 95 %
    where that is half of the rounds' own deviation, 94 % where it is three times that (91 to 92 % where rounds are
    skewed as well). Plain percentiles of a hierarchical bootstrap cover 95, 90 and 77 % there. Where processes are
    added until the half-width is below 3 %, 92 to 99 % (rounds that deviate by 2 %, processes by 0 to 2 %).

    Returns:
        The quantile, and the ends of its interval: itself where there is but one round.
    """
    values_PR, num_rounds = _padded(processes)
    value = float(np.quantile(np.concatenate([np.asarray(each) for each in processes]), quantile))
    num_processes = len(num_rounds)
    between_BPR, within_BPR = _resamples(num_rounds)
    between = _variance(values_PR.reshape(-1)[between_BPR], quantile, num_processes)
    within = _variance(values_PR.reshape(-1)[within_BPR], quantile, min(num_rounds))
    if between + within == 0:
        return value, value, value
    freedom = (between + within) ** 2 / (
        between**2 / max(1, num_processes - 1) + within**2 / max(1, sum(num_rounds) - num_processes)
    )
    half = float(stdtrit(freedom, _TAIL)) * (between + within) ** 0.5
    return value, value - half, value + half


def _padded(processes: Processes) -> tuple[_Floats, tuple[int, ...]]:
    """(P, R) with as many columns as the longest process has rounds, and how many each has."""
    num_rounds = tuple(map(len, processes))
    values_PR = np.zeros((len(num_rounds), max(num_rounds)))
    for row, rounds in zip(values_PR, processes, strict=True):
        row[: len(rounds)] = rounds
    return values_PR, num_rounds


@lru_cache(maxsize=32)
def _resamples(num_rounds: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What to draw from the padded values, always the same: other processes (B, P, R), other rounds (B, P, R).

    Each process counts as much as another, however many rounds it has.
    """
    generator = np.random.default_rng(0)
    num_processes, longest = len(num_rounds), max(num_rounds)
    length_P1 = np.asarray(num_rounds)[:, None]
    start_P1 = np.arange(num_processes)[:, None] * longest
    whole_PR = start_P1 + ((np.arange(longest) + 0.5) / longest * length_P1).astype(int)
    between_BPR = whole_PR[generator.integers(0, num_processes, (_NUM_RESAMPLES, num_processes))]
    within_BPR = start_P1 + (generator.random((_NUM_RESAMPLES, num_processes, longest)) * length_P1).astype(int)
    return between_BPR, within_BPR


def _variance(draws_BPR: _Floats, quantile: float, num_units: int) -> float:
    """Of the quantile over the resamples, times what a resample of so many units lacks."""
    if num_units < 2:
        return 0.0
    values_B = np.quantile(draws_BPR.reshape(_NUM_RESAMPLES, -1), quantile, axis=1)
    return float(values_B.var()) * num_units / (num_units - 1)
