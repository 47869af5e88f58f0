"""Numbers as users write them: ``true`` is no number, and a float is finite."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from modsearch.message import must_be


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(must_be("", "a number", value))
    return value


Whole = Annotated[int, BeforeValidator(_not_bool)]
PositiveInt = Annotated[Whole, Field(gt=0)]
NonNegativeInt = Annotated[Whole, Field(ge=0)]

Finite = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_not_bool)]
PositiveFloat = Annotated[Finite, Field(gt=0)]
NonNegativeFloat = Annotated[Finite, Field(ge=0)]
