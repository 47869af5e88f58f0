"""Doubt: which networks of a front must be trained again before it is clear who belongs there."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]


def closest_calls(accuracy_M: _Floats, log_cost_KM: _Floats, error: Callable[[int, int], float]) -> _Floats:
    """How clearly it is settled for each network whether it is on the front, and whom it keeps off it: (M,).

    A network stands or falls with the most accurate one that costs at most as much. The gap between the two, in
    standard errors of their difference, is how clear its own case is; the least of all cases that it decides is what
    it gets, so that a network which keeps others off the front by a hair is in doubt as they are. Infinite where it
    decides none.

    This is the gap of EGE-SH (arXiv 2311.03992) for one uncertain objective, counted in standard errors.

    Args:
        accuracy_M: as they are known.
        log_cost_KM: natural logarithms of one cost or several.
        error: the standard error of the difference of two networks' accuracies, by their positions.
    """
    call_M = np.full(len(accuracy_M), np.inf)
    for network, accuracy in enumerate(accuracy_M):
        is_as_cheap_M = (log_cost_KM <= log_cost_KM[:, network, None]).all(axis=0)
        rivals = np.flatnonzero(is_as_cheap_M & (np.arange(len(accuracy_M)) != network))
        if not len(rivals):
            continue  # nothing costs less: it is on the front, whatever its accuracy
        rival = int(rivals[np.argmax(accuracy_M[rivals])])
        gap, deviation = abs(float(accuracy - accuracy_M[rival])), error(network, rival)
        call = gap / deviation if deviation else np.inf
        for one in (network, rival):
            call_M[one] = min(call_M[one], call)
    return call_M
