"""The wording of errors for users: which field, which rule, which value, and the nearest valid choice."""

import json
import re
import reprlib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)

_TOP = "the top level"
_MAX_SPELT = 100  # characters of a wrong name that are compared: the time grows with their square
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
    "int_parsing_size": "a smaller number",
    "string_type": "text",
    "string_unicode": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "invalid_key": "text",
    "too_short": "of length {min_length} or more",
    "too_long": "of length {max_length} or less",
    "string_too_long": "of {max_length} characters or less",
    "string_pattern_mismatch": "letters, digits, '_', '-' and '.', no '.' at the end, the first a letter or digit",
    "path_type": "a path",
    "json_invalid": "valid JSON",
    "recursion_loop": "without a reference to itself",
}
_NO_MEMORY = (
    *("out of memory", "allocate memory", "not enough memory", "bad_alloc", "alloc_failed", "allocation_failed"),
    *("could not execute a primitive", "could not create a primitive"),  # oneDNN, which says no more than that
)
"""How torch, CUDA, cuDNN and oneDNN say it: what they raise is a RuntimeError like any other."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, torch or a library below it had too little memory."""
    return isinstance(error, MemoryError) or any(phrase in str(error).lower() for phrase in _NO_MEMORY)


def must_be(path: str, rule: str, value: object, choices: Iterable[str] = ()) -> str:
    """The sentence for a broken rule, with the nearest of ``choices`` when one is near.

    ``path`` may be empty: inside a pydantic validator the path of the field is put in front later.
    """
    hint = nearest(value, choices) if isinstance(value, str) else ""
    return f"{path} must be {rule}. Got {shown(value)} instead.{hint}".strip()


def shown(value: object) -> str:
    """A value as it stands in a message: at most 80 characters of it."""
    text = _Short().repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def not_had(what: str, url: str, place: str, digest: str, error: Exception) -> str:
    """The sentence for a file that is needed and cannot be downloaded.

    Args:
        what: the file holds.
        url: where it comes from.
        place: where it belongs on this machine.
        digest: what its content is told by, such as ``SHA-256 f37072fd...``.
        error: of the download.
    """
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{what} cannot be downloaded from {url}: {reason}. Without a network lay a copy at {place} ({digest})."


def one_of(choices: Iterable[str]) -> str:
    """The rule for a choice: ``one of a, b, c``."""
    return f"one of {', '.join(choices)}"


def nearest(value: str, choices: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the choice that is spelled most like ``value``, or nothing."""
    near = get_close_matches(value[:_MAX_SPELT], list(choices), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def parse(model: type[Model], data: object, path: str = "") -> Model:
    """Validate ``data`` as ``model``.

    Raises:
        ValueError: one line about one broken rule, its field written as ``a.b[0]`` below ``path``.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ValueError(_explain(_most_telling(error), model, path)) from None


def read_json(text: bytes, path: str) -> object:
    """What JSON says; ValueError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # the second where brackets stand thousands deep
        raise ValueError(f"{path} must be valid JSON: {' '.join(str(error).split())[:200]}.") from None


def _most_telling(error: ValidationError) -> ErrorDetails:
    """An unknown field before all else: who wrote ``epoch`` is not helped by hearing that ``epochs`` is missing."""
    return min(error.errors(include_url=False), key=lambda details: details["type"] != "extra_forbidden")


def _explain(error: ErrorDetails, model: type[BaseModel], root: str) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_field(error, model, root)
    path, schema = _place(error["loc"], model, root)
    if kind == "value_error":
        text = str(context["error"])
        return f"{path or _TOP} {text}" if text.startswith("must be") else _join(path, text)
    if kind == "missing":
        return f"{path} must be given."
    if kind.startswith("union_tag"):
        return _wrong_kind(path, list(schema["discriminator"]["mapping"]), context.get("tag"))
    if kind == "literal_error":
        choices = re.findall(r"[^ ',]+", context["expected"].replace(" or ", ", "))
        return must_be(path, one_of(choices) if len(choices) > 1 else context["expected"], value, choices)
    rule = _RULES.get(kind, error["msg"].removeprefix("Input should be "))
    return must_be(path or _TOP, rule.format(**context), value)


def _unknown_field(error: ErrorDetails, model: type[BaseModel], root: str) -> str:
    *parents, name = error["loc"]
    path, schema = _place(parents, model, root)
    fields = [field for field in schema["properties"] if field != "schema_version"]
    return f"{path or _TOP} has no field {shown(name)}, only {', '.join(fields)}.{nearest(str(name), fields)}"


def _wrong_kind(path: str, kinds: list[str], kind: str | None) -> str:
    path = _join(path, "kind")
    return f"{path} must be given: {one_of(kinds)}." if kind is None else must_be(path, one_of(kinds), kind, kinds)


def _place(location: Iterable[int | str], model: type[BaseModel], root: str) -> tuple[str, Mapping[str, Any]]:
    """Where an error is, as users write it, and the JSON schema that stands there.

    ``('stages', 0, 1, 'mod', 'c')`` is ``stages[0][1].c``: the tag of a union and the mark of a key are pydantic's.
    """
    schema = _schema(model)
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    path, here = root, _resolve(schema, definitions)
    for part in location:
        if "discriminator" in here:
            here = _resolve({"$ref": here["discriminator"]["mapping"][part]}, definitions)
        elif "oneOf" in here:  # without a field that says which one: the tag is the name of the class
            here = definitions[str(part)]
        elif part != "[key]":
            path, here = _below(path, part), _resolve(_step(here, part), definitions)
    return path, here


@cache
def _schema(model: type[BaseModel]) -> Mapping[str, Any]:
    """The JSON schema: it takes longer to write than all the rest of a sentence."""
    return model.model_json_schema()


def _step(here: Mapping[str, Any], part: int | str) -> object:
    if isinstance(part, int):
        return here.get("items")
    values = [*here.get("patternProperties", {}).values(), here.get("additionalProperties")]
    return here.get("properties", {}).get(part, values[0])


def _resolve(here: object, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(here, dict) and "anyOf" in here:
        here = here["anyOf"][0]
    if isinstance(here, dict) and "$ref" in here:
        here = definitions[here["$ref"].rsplit("/", 1)[1]]
    return here if isinstance(here, dict) else {}


def _below(path: str, part: int | str) -> str:
    is_plain = isinstance(part, str) and re.fullmatch(r"[\w-]+", part)
    return _join(path, str(part)) if is_plain else f"{path}[{shown(part)}]"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class _Short(reprlib.Repr):
    """Writes no more of a value than is shown: a few aliases in YAML make billions of entries."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother, self.maxlong = 10, 1000, 1000, 1000
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 40

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """In the order of the file; reprlib sorts."""
        if level <= 0:
            return "{...}"
        pairs = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in list(x)[:6]]
        return "{" + ", ".join(pairs + ["..."] * (len(x) > 6)) + "}"

    def repr_int(self, x: int, level: int) -> str:
        """Python writes no whole number of more than 4,300 digits."""
        return repr(x) if x.bit_length() <= 10_000 else "a number of too many digits"
