"""BlockChoices: what may be chosen of the light blocks of a network, and its part of the encoding."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from modsearch.architecture import Backbone, Block, BlockKind
from modsearch.space.choice import check_distinct
from modsearch.space.parameter import Parameter, Point

Fitting = Sequence[tuple[int, int, Block]]
"""Light blocks with the index and the channels of their stage."""


class BlockChoices(BaseModel):
    """The choices for one kind of light block; a class for each kind, told from others by its field ``kind``.

    A block is a size and a variant. Every point names both, each one for the network or one for each stage.

    Attributes:
        size_name: the parameter that says how large a block is.
        options: for each parameter of the variant that is a choice of names or of yes and no, all that there are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_name: ClassVar[str]
    options: ClassVar[Mapping[str, tuple[object, ...]]] = {}

    kind: str

    @property
    @abstractmethod
    def sizes(self) -> tuple[Any, ...]:
        """The sizes, as the field of the block that ``size_name`` names has them."""

    @property
    @abstractmethod
    def is_per_stage(self) -> bool:
        """Whether each stage has a size of its own."""

    @property
    @abstractmethod
    def variants(self) -> Mapping[str, tuple[Any, ...]]:
        """What else can vary of a block, and the choices."""

    @abstractmethod
    def make(self, size: Any, **variant: Any) -> Block:
        """The block of this size and variant."""

    @abstractmethod
    def check(self, path: str, table: Backbone, stages: Sequence[tuple[int, int]]) -> None:
        """Raise ValueError where a choice cannot stand in a backbone.

        Args:
            path: what stands in front of the names of fields.
            table: the backbone.
            stages: index and width of each stage that can hold light blocks, once for each of its widths.
        """

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that are its own, without the stage in front."""
        return (*self.variants, self.size_name)

    def check_distinct(self, path: str) -> None:
        """Raise ValueError where a choice stands twice in its list."""
        for field in type(self).model_fields:
            values = getattr(self, field)
            if isinstance(values, tuple):
                check_distinct(f"{path}{field}", values)

    @cached_property
    def shared_parameters(self) -> Mapping[str, Parameter]:
        """The parameters of which a point has one for the network, but for the size."""
        return {
            name: Parameter(len(values), values if isinstance(values[0], str) else None)
            for name, values in self.variants.items()
            if len(values) > 1 or name in self._always
        }

    @property
    def _always(self) -> tuple[str, ...]:
        """The names of variants that are parameters also where there is nothing to choose."""
        return ()

    @property
    def size_parameter(self) -> Parameter:
        """The parameter for a size."""
        return Parameter(len(self.sizes))

    def size_key(self, stage: int) -> str:
        """What the parameter for the size of a stage is called in a point."""
        return f"stage{stage}.{self.size_name}" if self.is_per_stage else self.size_name

    def block(self, point: Point, stage: int) -> Block:
        """What a point takes for the light blocks of a stage."""
        chosen = {name: values[0] for name, values in self.variants.items()}
        for name in chosen.keys() & point.keys():
            at = point[name]
            chosen[name] = at if isinstance(at, str) else self.variants[name][at]
        return self.make(self.sizes[int(point[self.size_key(stage)])], **chosen)

    def find(self, wanted: Fitting, num_stages: int) -> dict[str, int | str] | None:
        """The choices that mean these blocks; None where there are none. A size that nothing needs is the first."""
        sizes = self._ranks(wanted, num_stages)
        if sizes is None:
            return None
        choices: list[Sequence[int | str]] = [parameter.values for parameter in self.shared_parameters.values()]
        forms = [(stage, channels, block.canonical(channels)) for stage, channels, block in wanted]
        for values in product(*choices):
            point: dict[str, int | str] = {**sizes, **dict(zip(self.shared_parameters, values, strict=True))}
            if all(self.block(point, stage).canonical(channels) == form for stage, channels, form in forms):
                return point
        return None

    def _ranks(self, wanted: Fitting, num_stages: int) -> dict[str, int | str] | None:
        found: dict[str, int | str] = {}
        for key in dict.fromkeys(map(self.size_key, range(num_stages))):
            here = {
                (channels, block.size(channels)) for stage, channels, block in wanted if self.size_key(stage) == key
            }
            fits = [all(self.make(size).size(channels) == other for channels, other in here) for size in self.sizes]
            if True not in fits:
                return None
            found[key] = fits.index(True)
        return found

    def blocks(self) -> Iterator[Block]:
        """Every block that can be chosen, one variant after the other."""
        for values in product(*self.variants.values()):
            for size in self.sizes:
                yield self.make(size, **dict(zip(self.variants, values, strict=True)))

    def rank_of(self, costliest: bool) -> int:
        """The rank of the size that costs most, or least."""
        pick = max if costliest else min
        return self.sizes.index(pick(self.sizes, key=lambda size: self.make(size).work))

    def features(self, name: str, block: BlockKind | None, channels: int) -> list[float]:
        """What a sampler learns a parameter of the variant by: one-hot, and all 0 for no block or another kind.

        A kind with a parameter that is not in ``options``, a number, must say this of it.
        """
        is_own = block is not None and block.kind == self.kind
        return [float(is_own and getattr(block, name) == option) for option in self.options[name]]
