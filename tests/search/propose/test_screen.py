"""Screening: the bound against a worked example, and whom it stops."""

from collections.abc import Sequence

import pytest

from modsearch.record import Epoch, Measurement, Score
from modsearch.search.propose.screen import Curves, Line, Rival, Screen
from tests.conformance.tabulated import study_spec

SPEC = study_spec(fidelity={"image_size": 32, "epochs": 3})
NETWORK = SPEC.reference_architecture


def curve(*accuracies: float) -> tuple[Epoch, ...]:
    return tuple(Epoch(loss=1.0, accuracy=accuracy, seconds=1.0) for accuracy in accuracies)


def score(latency: float, *accuracies: float) -> Score:
    values = {"accuracy": accuracies[-1], "relative_latency": latency}
    metrics = {name: Measurement.exact(value, "") for name, value in values.items()}
    return Score(metrics=metrics, learning_curve=curve(*accuracies))


FINISHED = tuple(score(1.0, 0.30 + 0.01 * n, 0.45 + 0.01 * n, 0.60 + 0.01 * n) for n in range(10))
BEST = Rival(NETWORK.id, FINISHED[-1].values(SPEC.objectives))


def screen(finished: Sequence[Score], *front: Rival) -> Screen:
    curves = Curves()
    for finished_score in finished:
        curves.add(finished_score)
    return Screen(SPEC, tuple(curves.lines), front)


def line(x: list[float], y: list[float]) -> Line:
    found = Line()
    for point in zip(x, y, strict=True):
        found = found.through(*point)
    return found


SCREEN = screen(FINISHED, BEST)
"""Every curve rises by 0.3 from its first epoch, so the line predicts without error."""


def test_the_bound_is_the_textbooks_prediction_limit() -> None:
    """Slope 3, intercept 0.1 and residual variance 0.1 / 2 by hand; t(0.99, 2) = 6.9646 from a printed table."""
    x, y = [1.0, 2.0, 3.0, 4.0], [3.2, 6.0, 8.9, 12.3]
    # mean x 2.5, mean y 7.6; Sxx 5, Sxy 15.1: slope 3.02, level 0.05; residuals .13, -.09, -.21, .17: SSE 0.0980
    expected = 0.05 + 3.02 * 5 + 6.9646 * (0.0980 / 2) ** 0.5 * (1 + 1 / 4 + 2.5**2 / 5) ** 0.5
    assert line(x, y).upper_bound(5.0) == pytest.approx(expected, rel=1e-4)


def test_equal_starts_predict_the_mean_with_its_spread() -> None:
    expected = 2.0 + 6.9646 * (2 / 2) ** 0.5 * (1 + 1 / 4) ** 0.5
    assert line([1.0] * 4, [1.0, 2.0, 2.0, 3.0]).upper_bound(1.0) == pytest.approx(expected, rel=1e-4)


def test_a_network_that_cannot_reach_the_front_is_stopped() -> None:
    assert SCREEN.hope(curve(0.2)) == pytest.approx(0.5)
    reason = SCREEN.reason(score(1.0, 0.2), curve(0.2))
    assert reason == f"screened after 1 of 3 epochs: it may reach 0.500, and {NETWORK.id} is better"


def test_a_faster_network_goes_on_however_bad_it_is() -> None:
    assert SCREEN.reason(score(0.99, 0.2), curve(0.2)) == ""


def test_a_network_that_may_be_better_goes_on() -> None:
    assert SCREEN.hope(curve(0.40)) == pytest.approx(0.70)
    assert SCREEN.reason(score(1.0, 0.40), curve(0.40)) == ""


def test_noise_in_the_curves_gives_hope() -> None:
    noisy = tuple(score(1.0, 0.30 + 0.01 * n, 0.5, 0.60 + 0.02 * (n % 2)) for n in range(10))
    assert screen(noisy).hope(curve(0.30)) > 0.62


def test_nothing_is_said_with_few_curves_or_after_the_last_epoch() -> None:
    assert screen(FINISHED[:7], BEST).hope(curve(0.2)) is None
    assert SCREEN.reason(score(1.0, 0.1), curve(0.1, 0.1, 0.1)) == ""


def test_a_mended_record_without_its_learning_curve_is_passed_over() -> None:
    mended = FINISHED[0].model_copy(update={"learning_curve": ()})
    assert screen((*FINISHED, mended), BEST).hope(curve(0.2)) == SCREEN.hope(curve(0.2))
    assert screen((mended,) * 10, BEST).hope(curve(0.2)) is None


def test_a_line_is_the_same_wherever_its_points_lie() -> None:
    """Sums of squares would lose all digits of a spread of 1e-6 about 1e6."""
    near, far = [0.0, 1e-6, 2e-6, 4e-6], [1e6, 1e6 + 1e-6, 1e6 + 2e-6, 1e6 + 4e-6]
    y = [0.1, 0.2, 0.4, 0.3]
    assert line(far, y).upper_bound(1e6) == pytest.approx(line(near, y).upper_bound(0.0), rel=1e-3)


def test_a_screen_does_not_grow_with_the_study() -> None:
    assert len(screen(FINISHED * 100, BEST).lines) == len(SCREEN.lines) == 3
