"""Parameter: one dimension of a space's encoding, and Point: a value for each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

Point = Mapping[str, int | str]
"""A value for each parameter: a rank for ordered ones, a name for others."""


@dataclass(frozen=True)
class Parameter:
    """One dimension of the encoding: a rank from 0 to ``num_choices - 1``, or one of ``names``."""

    num_choices: int
    names: tuple[str, ...] | None = None

    @property
    def values(self) -> tuple[int, ...] | tuple[str, ...]:
        """Everything that the parameter can be."""
        return self.names or tuple(range(self.num_choices))

    def draw(self, generator: Random) -> int | str:
        """One of them, each as likely as the others."""
        return generator.choice(self.names) if self.names else generator.choice(range(self.num_choices))
