"""A Gaussian process from a network's features to one number: its accuracy, or the logarithm of a cost."""

from typing import Any, Self
from warnings import catch_warnings

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel

Vector = NDArray[np.float64]

_GROWTH = 1.3
_MAX_STEPS = 15
_LENGTHS = (0.2, 50.0)
_NOISES = (1e-5, 0.5)


class GroupedRBF(RBF):  # type: ignore[misc]
    """exp(-d^2 / 2), with one length scale for each group of columns.

    Over a one-hot group it depends only on whether two networks differ there: the kernel of the Hamming distance.

    Args:
        length_scale: one for each group.
        length_scale_bounds: of all of them.
        groups: for each column the number of its group.
    """

    def __init__(
        self,
        length_scale: Any = (1.0,),
        length_scale_bounds: tuple[float, float] = _LENGTHS,
        groups: tuple[int, ...] = (0,),
    ) -> None:
        super().__init__(length_scale, length_scale_bounds)
        self.groups = groups

    def __call__(self, X: Vector, Y: Vector | None = None, eval_gradient: bool = False) -> Any:
        """The kernel matrix, and its gradient by the logarithm of each length scale."""
        if eval_gradient:
            return self._with_gradient(X)
        scales = np.atleast_1d(self.length_scale)[list(self.groups)]  # scikit-learn unpacks a single one
        return np.exp(-0.5 * cdist(X / scales, (X if Y is None else Y) / scales, "sqeuclidean"))

    def _with_gradient(self, x_NF: Vector) -> tuple[Vector, Vector]:
        weights_G = 1 / np.atleast_1d(self.length_scale) ** 2
        distances_NNG = self._distances(x_NF)
        matrix = np.exp(-0.5 * (distances_NNG @ weights_G))
        return matrix, matrix[:, :, None] * distances_NNG * weights_G

    def _distances(self, x_NF: Vector) -> Vector:
        """Squared distances by group, kept while the same networks are fitted."""
        groups = np.asarray(self.groups)
        return np.stack(
            [squareform(pdist(x_NF[:, groups == group], "sqeuclidean")) for group in range(max(groups) + 1)], axis=2
        )


class GaussianModel:
    """Learns from at most a few hundred networks at a time.

    Length scales and noise are fitted by the marginal likelihood when the number of networks has grown by three
    tenths; in between the process is only conditioned on what is new. Each fit starts afresh: from where the last one
    stood it would stay with what a handful of networks suggested.

    Args:
        groups: for each feature the number of its group.
    """

    def __init__(self, groups: tuple[int, ...]) -> None:
        near = ConstantKernel(1.0, (0.05, 50.0)) * GroupedRBF(np.full(max(groups) + 1, 2.0), groups=groups)
        linear = ConstantKernel(0.1, (1e-4, 10.0)) * DotProduct(0.0, "fixed")
        self._start = self._kernel = near + linear + WhiteKernel(0.05, _NOISES)
        self._fitted_at = 0.0
        self._mean, self._scale = 0.0, 1.0
        self._process: Any = None

    def fit(self, x_NF: Vector, y_N: Vector, num_known: int | None = None) -> Self:
        """Learn values of N networks with F features.

        Args:
            x_NF: features.
            y_N: values.
            num_known: how many networks are known in all, where only some of them are given.
        """
        self._mean, self._scale = float(np.mean(y_N)), float(np.std(y_N)) or 1.0
        scaled = (y_N - self._mean) / self._scale
        size = num_known or len(y_N)
        if size >= _GROWTH * self._fitted_at:
            self._fit_kernel(x_NF, scaled)
            self._fitted_at = size
        self._process = GaussianProcessRegressor(
            self._kernel.k1, alpha=self._kernel.k2.noise_level + 1e-8, optimizer=None, copy_X_train=False
        ).fit(x_NF, scaled)
        return self

    def predict(self, x_MF: Vector) -> tuple[Vector, Vector]:
        """Mean and standard deviation of the values of M networks, without the noise."""
        mean, deviation = self._process.predict(x_MF, return_std=True)
        return self._mean + self._scale * mean, self._scale * deviation

    @property
    def noise(self) -> float:
        """Standard deviation of the luck of training, and of what the features do not tell."""
        return float(self._scale * np.sqrt(self._kernel.k2.noise_level))

    def differences(self, x_F: Vector, x_MF: Vector) -> tuple[Vector, Vector]:
        """Mean and standard deviation of the values of M networks minus that of another one, without the noise.

        Args:
            x_F: features of the other one.
            x_MF: features of the M.
        """
        mean, covariance = self._process.predict(np.vstack([x_F, x_MF]), return_cov=True)
        variance = covariance[0, 0] + np.diag(covariance)[1:] - 2 * covariance[0, 1:]
        return self._scale * (mean[1:] - mean[0]), self._scale * np.sqrt(np.maximum(variance, 0.0))

    def mean(self, x_MF: Vector) -> Vector:
        """Mean of the values of M networks."""
        return self._mean + self._scale * np.asarray(self._process.predict(x_MF))

    def _fit_kernel(self, x_NF: Vector, scaled_N: Vector) -> None:
        process = GaussianProcessRegressor(self._start, optimizer=_climb, copy_X_train=False)
        with catch_warnings(action="ignore", category=ConvergenceWarning):
            self._kernel = process.fit(x_NF, scaled_N).kernel_


def _climb(objective: Any, start: Vector, bounds: Vector) -> tuple[Vector, float]:
    """A few steps of L-BFGS-B: it must not take long, and it is run again when more is known."""
    from scipy import optimize

    minimize: Any = optimize.minimize  # typed where scipy's stubs are installed, and not otherwise
    found = minimize(objective, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": _MAX_STEPS})
    return found.x, float(found.fun)
