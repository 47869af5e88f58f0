"""Choices of a search space: how some are written, and which ones a backbone refuses."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from modsearch.architecture import PositiveFloat, PositiveInt, check_size
from modsearch.message import must_be

_MAX_WIDTH = 8192

Factor = Annotated[PositiveFloat, Field(le=16)]

_NUMBER = {"type": "integer", "exclusiveMinimum": 0}
Reductions = Annotated[
    tuple[PositiveInt, ...],
    Field(min_length=1),
    BeforeValidator(lambda value: (value,) if isinstance(value, int | float) else value),
    PlainSerializer(lambda values: values[0] if len(values) == 1 else list(values)),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _NUMBER, "minItems": 1}, _NUMBER]}),
]
"""One number, written without brackets, or several."""


def scaled(widths: Sequence[int], factor: float) -> tuple[int, ...]:
    """The widths multiplied by a factor and rounded, at least 1."""
    return tuple(max(1, round(width * factor)) for width in widths)


def check_distinct(path: str, values: Sequence[object]) -> None:
    """Raise ValueError where a value stands twice."""
    if len(set(values)) < len(values):
        raise ValueError(must_be(path, "without repeats", [str(value) for value in values]))


def check_widths(widths: Sequence[int], factors: Sequence[float], depths: Sequence[int]) -> None:
    """Raise ValueError where the widths are too large by one of the factors, or the same by two of them."""
    for index, factor in enumerate(factors):
        if max(widths) * factor > _MAX_WIDTH:
            rule = f"at most {_MAX_WIDTH / max(widths):g} for widths of {list(widths)}"
            raise ValueError(must_be(f"width_factors[{index}]", rule, factor))
        check_size("widths" if factor == 1 else f"widths x {factor:g}", scaled(widths, factor), depths)
    if len({scaled(widths, factor) for factor in factors}) < len(factors):
        rule = f"such that each makes other widths of {list(widths)}"
        raise ValueError(must_be("width_factors", rule, list(factors)))
