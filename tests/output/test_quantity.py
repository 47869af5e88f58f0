"""How values are written."""

import pytest

from modsearch.output.quantity import show_change, show_measurement, show_value
from modsearch.record import Measurement


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.9123, "fraction", "91.2 %"),
        (1.0, "fraction", "100 %"),
        (0.8124, "x reference", "0.812x"),
        (272474, "parameters", "272 k"),
        (25557032, "parameters", "25.6 M"),
        (950, "parameters", "950"),
        (3.4249, "ms", "3.42 ms"),
        (0.0408, "GMACs", "0.0408 GMACs"),
        (0, "ms", "0 ms"),
        (1234.4, "ms", "1234 ms"),
    ],
)
def test_values_have_three_digits_and_a_unit(value, unit, text):
    assert show_value(value, unit) == text


def test_intervals_have_the_decimals_of_the_value():
    assert show_measurement(Measurement(value=0.9, low=0.8812, high=0.9123, unit="fraction")) == "90.0 % (88.1-91.2)"
    assert show_measurement(Measurement.exact(272474, "parameters")) == "272 k"


def test_changes_are_signed():
    assert show_change(0.0121, "fraction") == "+1.2 points"
    assert show_change(-0.12, "x reference") == "-0.120x"
    assert show_change(53300, "parameters") == "+53.3 k"
