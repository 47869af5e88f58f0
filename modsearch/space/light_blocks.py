"""LightBlocks: the kinds of light blocks that a space has, and how they are written in YAML and JSON."""

from collections.abc import Iterator
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from modsearch.message import must_be, parse
from modsearch.space.block_space import BlockSpace
from modsearch.space.choice import check_distinct
from modsearch.space.mod_space import ModSpace
from modsearch.space.parameter import Point

_MOD_FIELDS = ModSpace.model_fields.keys() - {"kind"}


class LightBlocks(BaseModel):
    """The part of a space that says which light blocks its networks may have; a network has those of one kind.

    Where MoD blocks are the only kind, their fields stand beside those of the space: ``c``, ``selections`` and so on.

    Attributes:
        blocks: the kinds, each with its choices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    blocks: tuple[BlockSpace, ...] = Field(default=(ModSpace(),), min_length=1, max_length=10)

    @model_validator(mode="before")
    @classmethod
    def _gather_mod(cls, data: Any) -> Any:
        """Read the fields of MoD blocks where they stand beside the others."""
        if not isinstance(data, dict) or not (own := data.keys() & _MOD_FIELDS):
            return data
        if "blocks" in data:
            name = min(own)
            raise ValueError(must_be(name, "left out, or stand in blocks, in a mapping with kind: mod", data[name]))
        rest = {name: value for name, value in data.items() if name not in own}
        return rest | {"blocks": (parse(ModSpace, {name: data[name] for name in own}),)}

    @model_serializer(mode="wrap")
    def _spread_mod(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write the fields of MoD blocks beside the others where there is no other kind."""
        data: dict[str, Any] = dump(self)
        if self._is_mod_alone and "blocks" in data:
            (mod,) = data.pop("blocks")
            data |= {name: value for name, value in mod.items() if name != "kind"}
        elif "blocks" in data:  # also where defaults are left out: the kind tells them apart
            data["blocks"] = [
                {"kind": choices.kind} | dumped for choices, dumped in zip(self.blocks, data["blocks"], strict=True)
            ]
        return data

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """With the fields of MoD blocks, which may stand beside the others."""
        schema = handler(core)
        own = handler.resolve_ref_schema(schema)
        mod = handler.resolve_ref_schema(handler(ModSpace.__pydantic_core_schema__))
        own["properties"] |= {name: mod["properties"][name] for name in ModSpace.model_fields if name in _MOD_FIELDS}
        return schema

    @property
    def _is_mod_alone(self) -> bool:
        return len(self.blocks) == 1 and isinstance(self.blocks[0], ModSpace)

    def check_kinds(self) -> None:
        """Raise ValueError where a kind, or a choice of one, stands twice."""
        check_distinct("blocks", [choices.kind for choices in self.blocks])
        for path, choices in self.paths():
            choices.check_distinct(path)
        names = [name for choices in self.blocks for name in choices.names]
        assert len(set(names)) == len(names), "two kinds have a parameter of one name"

    def paths(self) -> Iterator[tuple[str, BlockSpace]]:
        """The choices of each kind, with what stands in front of the names of their fields."""
        for index, choices in enumerate(self.blocks):
            yield "" if self._is_mod_alone else f"blocks[{index}].", choices

    def choices(self, point: Point) -> BlockSpace:
        """Those of the kind of light blocks that a point has."""
        return next(choices for choices in self.blocks if choices.kind == point.get("kind", choices.kind))

    def means(self, name: str, kind: str) -> bool:
        """Whether a parameter means something where light blocks are of this kind."""
        last = name.rpartition(".")[2]
        return not any(last in choices.names for choices in self.blocks if choices.kind != kind)
