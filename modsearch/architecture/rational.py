"""Rational numbers of at least 1, exact in YAML and JSON: ``64``, ``1.5`` or ``"3/2"``."""

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from modsearch.message import must_be

_TEXT = re.compile(r"[0-9]{1,20}(/[0-9]{1,20}|\.[0-9]{1,20})?")
_MAX = 1_000_000  # no layer has so many channels


def _read(value: object) -> Fraction:
    rule = "a number of at least 1, such as 64, 1.5 or '3/2'"
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise ValueError(must_be("", rule, value))
    if isinstance(value, str) and not _TEXT.fullmatch(value):  # Fraction would read '1e999999999', and never finish
        raise ValueError(must_be("", rule, value))
    try:
        number = Fraction(value) if isinstance(value, int) else Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(must_be("", rule, value)) from None
    if number < 1:
        raise ValueError(must_be("", rule, value))
    if number > _MAX:
        raise ValueError(must_be("", f"a number of at most {_MAX:,}", value))
    return number


def write_rational(number: Fraction) -> int | str:
    """``64`` for whole numbers, ``"3/2"`` for others."""
    return number.numerator if number.denominator == 1 else str(number)


Rational = Annotated[
    Fraction,
    BeforeValidator(_read),
    PlainSerializer(write_rational),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 1, "maximum": _MAX},
                {"type": "string", "pattern": f"^{_TEXT.pattern}$"},
            ]
        }
    ),
]
