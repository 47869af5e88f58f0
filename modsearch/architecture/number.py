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

# Bounds far above what is in use, so that a slip of the finger is told instead of filling the memory.
ImageSize = Annotated[PositiveInt, Field(le=4096)]  # a 4K picture
BatchSize = Annotated[PositiveInt, Field(le=65_536)]  # the largest batches that ImageNet was trained with
NumClasses = Annotated[PositiveInt, Field(le=1_000_000)]  # ImageNet-21k has 21,841
Threads = Annotated[PositiveInt, Field(le=1024)]  # the largest machines have a few hundred cores
Width = Annotated[PositiveInt, Field(le=8192)]  # the widest published ResNets have 2,560 channels a stage

Finite = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_not_bool)]
PositiveFloat = Annotated[Finite, Field(gt=0)]
NonNegativeFloat = Annotated[Finite, Field(ge=0)]
