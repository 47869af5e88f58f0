"""Regression: what each of several columns does to a value, where values need not scatter alike.

Ordinary least squares with the covariance HC3 (MacKinnon and White, J. Econom. 29, 1985): how far a value is off is
told by its own residual, made larger by what the fit took off it. Few values may decide an effect, such as those of the
three networks that have something at all. So each effect has the degrees of freedom of its own variance (Bell and
McCaffrey, Surv. Methodol. 28, 2002). With those of all residuals, intervals of such effects held in as few as 84 % of
simulated studies; with its own in 97 % or more.
"""

import numpy as np
from numpy.typing import NDArray

from modsearch.statistic.contrast import Estimate

_Floats = NDArray[np.float64]
_LEAST_VALUE = 1e-9  # of the largest singular value: below it a column follows from others but for rounding
_ROUNDING = 1e-6  # below it a share is 0 but for rounding


def effects(x_NF: _Floats, y_N: _Floats) -> tuple[Estimate | None, ...]:
    """By how much a value changes with one more of each of F columns while the others stay.

    Args:
        x_NF: the columns. One of them, or the sum of some, should be 1 for all: nothing is added to them.
        y_N: the values.

    Returns:
        One effect a column. None where the column follows from others, so that many effects fit alike, or where a
        single value decides: the fit goes through it, and no residual tells how far it is off.
    """
    scale_F = _lengths(x_NF)
    left_NR, value_R, right_RF = _parts(x_NF)
    weight_FN = (right_RF.T / value_R) @ left_NR.T
    kept_NN = np.eye(len(y_N)) - left_NR @ left_NR.T
    left_N = kept_NN.diagonal()
    is_through_N = left_N < _ROUNDING
    variance_FN = np.where(is_through_N, 0.0, (weight_FN / np.where(is_through_N, 1.0, left_N)) ** 2)
    error_F = np.sqrt(variance_FN @ (kept_NN @ y_N) ** 2)
    is_told_F = _is_unique(right_RF) & (abs(weight_FN[:, is_through_N]) < _ROUNDING).all(axis=1)
    rows = zip(weight_FN @ y_N / scale_F, error_F / scale_F, _freedoms(variance_FN, kept_NN), strict=True)
    return tuple(Estimate(*map(float, row)) if told else None for row, told in zip(rows, is_told_F, strict=True))


def rank(x_NF: _Floats) -> int:
    """How many columns do not follow from others."""
    return len(_parts(x_NF)[1])


def _lengths(x_NF: _Floats) -> _Floats:
    """By which columns are divided, so that it does not depend on their units what is rounding."""
    length_F = np.linalg.norm(x_NF, axis=0)
    return np.where(length_F > 0, length_F, 1.0)


def _parts(x_NF: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """Singular values of the columns divided by their lengths that are not 0, between their vectors of either side."""
    left_NR, value_R, right_RF = np.linalg.svd(x_NF / _lengths(x_NF), full_matrices=False)
    is_kept_R = value_R > _LEAST_VALUE * value_R.max(initial=0.0)
    return left_NR[:, is_kept_R], value_R[is_kept_R], right_RF[is_kept_R]


def _is_unique(right_RF: _Floats) -> NDArray[np.bool_]:
    """(F,), whether all least-squares solutions agree: whether a column's unit vector lies in the space of the rows."""
    off_FF = right_RF.T @ right_RF - np.eye(right_RF.shape[1])
    return np.asarray(np.linalg.norm(off_FF, axis=0) < _ROUNDING)


def _freedoms(variance_FN: _Floats, kept_NN: _Floats) -> _Floats:
    """(F,), what the variance of each effect would have if values scattered alike, by Satterthwaite's rule."""
    mean_F = variance_FN @ kept_NN.diagonal()
    spread_F = np.einsum("fn,nm,fm->f", variance_FN, kept_NN**2, variance_FN, optimize=True)
    return np.asarray(np.divide(mean_F**2, spread_F, out=np.ones_like(mean_F), where=spread_F > 0))
