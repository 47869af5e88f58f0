"""YAML that means what is seen: text between PyYAML and a study.

PyYAML reads YAML 1.1, in which ``1:30`` is 90 and ``010`` is 8; YAML 1.2 reads text and 10 there. A value that the two
read as different numbers is refused. What 1.1 alone takes for something else than text is text: ``on`` and ``no``,
dates, ``=``. Digits with underscores and ``0b1`` stay numbers: nobody means text by them. A field that is true or false
takes ``yes`` and ``off`` all the same: pydantic reads them.
"""

import math
import re
from typing import Any

import yaml

_MAX_NODES = 100_000  # after aliases are followed: nine aliases a line make a billion nodes in ten lines
_TRIPS = (ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError)

_TAG = "tag:yaml.org,2002:"
_BOOL, _INT, _FLOAT, _TEXT, _MERGE = (_TAG + name for name in ("bool", "int", "float", "str", "merge"))
_TRUE_OR_FALSE = re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")  # a resolver matches the beginning
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+\Z")

Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]


def _resolvers(known: Resolvers) -> Resolvers:
    """PyYAML's rules by first letter, but for those whose values are text; a number in doubt goes first."""
    text = (_BOOL, _TAG + "timestamp", _TAG + "value")
    kept = {letter: [rule for rule in rules if rule[0] not in text] for letter, rules in known.items()}
    for letter in "-+0123456789":
        kept[letter] = [(_INT, _BASE_60), (_INT, _LEADING_ZERO), *kept.get(letter, [])]
    for letter in "tTfF":
        kept[letter] = [(_BOOL, _TRUE_OR_FALSE), *kept.get(letter, [])]
    return kept


class _Loader(yaml.SafeLoader):
    """Refuses numbers in doubt, keys that are no text or stand twice in a mapping, and bombs of aliases."""

    yaml_implicit_resolvers = _resolvers(yaml.SafeLoader.yaml_implicit_resolvers)

    def get_single_node(self) -> yaml.Node | None:
        """The document, unless its aliases blow it up."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None:
            _check_size(node, {})
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Construct the value; what the constructors of PyYAML trip over is said with its place."""
        try:
            if node.tag in (_INT, _FLOAT):
                _check_number(node)
            return super().construct_object(node, deep)
        except _TRIPS as error:
            rule = f"cannot read {str(node.value)[:40]!r} as {_type(node)}"
            detail = f": {error}" if isinstance(error, ValueError) else ""
            raise yaml.MarkedYAMLError(problem=rule + detail, problem_mark=node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct the mapping unless a key is no text, or is repeated."""
        seen: set[str] = set()
        for key, _ in node.value:
            _check_key(key)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes text that a loader, this one or one of YAML 1.1, would take for something else."""

    yaml_implicit_resolvers = {
        letter: [*yaml.SafeDumper.yaml_implicit_resolvers.get(letter, []), *rules]
        for letter, rules in _Loader.yaml_implicit_resolvers.items()
    } | {None: []}


class _LineDumper(_Dumper):
    """Writes every text on one line, with escapes where its characters ask for them."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar(_TEXT, text, style=None if text.isprintable() else '"')


_LineDumper.add_representer(str, _represent_text)


def read_yaml(text: str) -> object:
    """The one document of a text.

    Raises:
        ValueError: it is no YAML, or holds what is refused; line and column are named.
    """
    try:
        return yaml.load(text, _Loader)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = str(getattr(error, "problem", None) or getattr(error, "reason", "it cannot be read"))
        raise ValueError(f"is not valid YAML{where}: {' '.join(reason.split())[:200]}") from None


def write_yaml(data: object) -> str:
    """Text that ``read_yaml``, and any reader of YAML 1.1, reads back to the same."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False)


def write_flow(data: object) -> str:
    """The same on one line, as it may stand behind a key: ``{image_size: 32, device: cpu}``."""
    text: str = yaml.dump(
        data, Dumper=_LineDumper, sort_keys=False, default_flow_style=True, width=math.inf, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _check_number(node: yaml.Node) -> None:
    """Raise where readers of YAML, or people, differ in what a number is, and say what to write."""
    text = str(node.value)
    if _BASE_60.match(text):
        readings = _in_base_60(text.lstrip("-+").replace("_", ""))
    elif _LEADING_ZERO.match(text):
        readings = _in_base_8(text.lstrip("-+").replace("_", ""))
    else:
        return
    sign = "-" * text.startswith("-")
    choices = " or ".join(dict.fromkeys(f"{sign}{reading:.10g}" for reading in readings))
    rule = f"{text[:40]!r} can be read in several ways: write {choices}, or put it in quotes where it is text"
    raise yaml.MarkedYAMLError(problem=rule, problem_mark=node.start_mark)


def _in_base_60(text: str) -> list[float]:
    """``1:30`` as 90, and as the hour and a half that is meant."""
    *parts, last = text.split(":")
    whole = float(last) + sum(int(part) * 60 ** (power + 1) for power, part in enumerate(reversed(parts)))
    return [whole, whole / 60 ** len(parts)]


def _in_base_8(digits: str) -> list[float]:
    """``010`` as 10, and as 8."""
    return [int(digits), int(digits, 8)] if set(digits) <= set("01234567") else [int(digits)]


def _check_key(key: yaml.Node) -> None:
    """Raise where a key is no text; a merge of mappings is none."""
    if key.tag in (_TEXT, _MERGE):
        return
    rule = f"a key must be text, no {_type(key)}"
    if isinstance(key, yaml.ScalarNode) and key.value:
        rule = f"the key {key.value[:40]} is no text: put it in quotes"
    raise yaml.MarkedYAMLError(problem=rule, problem_mark=key.start_mark)


def _type(node: yaml.Node) -> str:
    """Such as ``int`` or ``seq``."""
    return str(node.tag.rpartition(":")[2])


def _check_size(node: yaml.Node, known: dict[int, int]) -> int:
    """The number of nodes below this one, each alias followed."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if known.get(id(node)) == 0:
        raise yaml.MarkedYAMLError(problem="an alias refers to what it stands in", problem_mark=node.start_mark)
    if id(node) not in known:
        known[id(node)] = 0
        parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_check_size(part, known) for part in parts)
    if known[id(node)] > _MAX_NODES:
        raise yaml.MarkedYAMLError(problem=f"more than {_MAX_NODES:,} values", problem_mark=node.start_mark)
    return known[id(node)]
