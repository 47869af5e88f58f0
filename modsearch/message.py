"""The wording of errors for users: which field, which rule, which value, and the nearest valid choice."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

Model = TypeVar("Model", bound=BaseModel)

_RULES = {
    "missing": "given",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "union_tag_not_found": "a mapping that names its kind",
    "path_type": "a path",
    "json_invalid": "valid JSON",
    "recursion_loop": "without a reference to itself",
}


def must_be(path: str, rule: str, value: object, choices: Iterable[str] = ()) -> str:
    """The sentence for a broken rule, with the nearest of ``choices`` when one is near.

    ``path`` may be empty: inside a pydantic validator the path of the field is put in front later.
    """
    hint = nearest(str(value), choices)
    return f"{path} must be {rule}. Got {_shown(value)} instead.{hint}".strip()


def one_of(choices: Iterable[str]) -> str:
    """The rule for a choice: ``one of a, b, c``."""
    return f"one of {', '.join(choices)}"


def nearest(value: str, choices: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the choice that is spelled most like ``value``, or nothing."""
    near = get_close_matches(value, list(choices), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def parse(model: type[Model], data: object, path: str = "") -> Model:
    """Validate ``data`` as ``model``.

    Raises:
        ValueError: one line about the first broken rule, its field written as ``a.b[0]`` below ``path``.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ValueError(_explain(error, model, path)) from None


def _explain(error: ValidationError, model: type[BaseModel], root: str) -> str:
    first = error.errors(include_url=False)[0]
    kind, context = first["type"], first.get("ctx", {})
    location = first["loc"]
    path = _join(root, _dotted(location, model))
    if kind == "value_error":
        text = str(context["error"])
        return f"{path} {text}" if text.startswith("must") or not path else f"{path}.{text}"
    if kind == "extra_forbidden":
        fields = _fields_at(model, location[:-1])
        parent = _join(root, _dotted(location[:-1], model)) or "the top level"
        name = str(location[-1])
        return f"{parent} has no field {name!r}, only {', '.join(fields)}.{nearest(name, fields)}"
    if kind == "missing":
        return f"{path} must be given."
    if kind in ("literal_error", "union_tag_invalid", "enum"):
        listed = context.get("expected", context.get("expected_tags", ""))
        choices = [word.strip(" '") for word in listed.replace(" or ", ", ").split(",")]
        value = first["input"].get("kind") if kind == "union_tag_invalid" else first["input"]
        path = f"{path}.kind" if kind == "union_tag_invalid" else path
        return must_be(path, one_of(choices), value, choices)
    rule = _RULES.get(kind) or first["msg"].removeprefix("Input should be ")
    return must_be(path or "the file", rule, first["input"])


def _dotted(location: Iterable[int | str], model: type[BaseModel]) -> str:
    """``('stages', 0, 'mod', 'c')`` -> ``stages[0].c``: the tags that pydantic adds for unions are left out."""
    path = ""
    tags = _tags(model)
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in tags:
            path = _join(path, part)
    return path


def _tags(model: type[BaseModel]) -> set[str]:
    """The values of every ``kind`` field below ``model``: pydantic puts them into locations, users did not."""
    schema = TypeAdapter(model).json_schema()
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    kinds = (each.get("properties", {}).get("kind", {}) for each in definitions.values())
    return {kind["const"] for kind in kinds if "const" in kind}


def _fields_at(model: type[BaseModel], location: Iterable[int | str]) -> list[str]:
    """The field names of the model that stands at ``location`` below ``model``."""
    schema = TypeAdapter(model).json_schema()
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    here: Mapping[str, Any] = schema
    for part in location:
        here = _resolve(_step(here, part, definitions), definitions)
    return list(_resolve(here, definitions).get("properties", {}))


def _step(here: Mapping[str, Any], part: int | str, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if "discriminator" in here:
        return {"$ref": here["discriminator"]["mapping"][part]}
    if isinstance(part, int):
        return here.get("items", here.get("prefixItems", [{}])[0])  # type: ignore[no-any-return]
    fields = here.get("properties", {})
    return fields.get(part, here.get("additionalProperties", {}))  # type: ignore[no-any-return]


def _resolve(here: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(here, dict) and "anyOf" in here:
        here = next(each for each in here["anyOf"] if each.get("type") != "null")
    while isinstance(here, dict) and "$ref" in here:
        here = definitions[here["$ref"].rsplit("/", 1)[1]]
    return here if isinstance(here, dict) else {}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
