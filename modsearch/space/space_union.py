"""SpaceUnion: search spaces of several backbones in one study, under one encoding."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from random import Random
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from modsearch.architecture import Architecture
from modsearch.message import must_be
from modsearch.space.parameter import Parameter, Point
from modsearch.space.search_space import SearchSpace

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")  # without the dot that follows it in the names of parameters


class SpaceUnion(BaseModel):
    """The networks of several search spaces.

    Every point has the same parameters: ``family``, which names a member, and the parameters of each member with its
    name in front. Those of the other members mean nothing; in ``points`` and ``encode`` they have their first values.

    Attributes:
        any_of: the spaces by name; no two hold a network in common.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    any_of: dict[str, SearchSpace] = Field(min_length=2, max_length=20)

    @model_validator(mode="after")
    def _check(self) -> Self:
        seen: dict[tuple[str, str, tuple[int, ...]], str] = {}
        for name, member in self.any_of.items():
            if not _NAME.fullmatch(name):
                raise ValueError(must_be("any_of", "a mapping from names of letters, digits, '_' and '-'", name))
            for widths in member.scaled_widths:
                other = seen.setdefault((member.backbone, member.stem, widths), name)
                if other != name:
                    rule = f"other than those of {other}, of the same backbone and stem: one member can hold both"
                    raise ValueError(must_be(f"any_of.{name}.widths", rule, list(widths)))
        return self

    @property
    def members(self) -> Mapping[str, SearchSpace]:
        """The spaces by name."""
        return self.any_of

    def split(self, point: Point) -> tuple[str, Point]:
        """The member that a point lies in, and the point there."""
        name = str(point["family"])
        return name, {own_name: point[f"{name}.{own_name}"] for own_name in self.any_of[name].parameters}

    def join(self, name: str, point: Point) -> Point:
        """The point that ``split`` splits into these."""
        own = {f"{name}.{own_name}": value for own_name, value in point.items()}
        return {**self._first, "family": name, **own}

    @cached_property
    def _first(self) -> Point:
        return {name: parameter.values[0] for name, parameter in self.parameters.items()}

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The dimensions of the encoding by name, the same for every point."""
        found = {"family": Parameter(len(self.any_of), tuple(self.any_of))}
        for name, member in self.any_of.items():
            found |= {f"{name}.{own_name}": parameter for own_name, parameter in member.parameters.items()}
        return found

    @property
    def num_points(self) -> int:
        """Number of points of all members; an upper bound on the number of networks."""
        return sum(member.num_points for member in self.any_of.values())

    def points(self) -> Iterator[Point]:
        """All points of each member."""
        for name, member in self.any_of.items():
            for point in member.points():
                yield self.join(name, point)

    def draw(self, generator: Random) -> Point:
        """A point, each of its values drawn alike; those of the other members are then their first ones."""
        point = {name: parameter.draw(generator) for name, parameter in self.parameters.items()}
        return self.join(*self.split(point))

    def decode(self, point: Point) -> Architecture:
        """The network that a point means."""
        name, own = self.split(point)
        return self.any_of[name].decode(own)

    def encode(self, architecture: Architecture) -> Point | None:
        """A point that means this network, or None where it lies in no member."""
        for name, member in self.any_of.items():
            own = member.encode(architecture)
            if own is not None:
                return self.join(name, own)
        return None

    def __contains__(self, architecture: Architecture) -> bool:
        """Whether a point means this network."""
        return self.encode(architecture) is not None


def _kind(value: Any) -> str:
    """Which kind of space a mapping is meant to be; the tag is the name of the class."""
    is_union = isinstance(value, SpaceUnion) or (isinstance(value, Mapping) and "any_of" in value)
    return "SpaceUnion" if is_union else "SearchSpace"


Space = Annotated[
    Annotated[SearchSpace, Tag("SearchSpace")] | Annotated[SpaceUnion, Tag("SpaceUnion")], Discriminator(_kind)
]
"""The networks of a study: of one backbone, or ``any_of`` several spaces."""
