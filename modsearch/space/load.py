"""From a YAML file, or the name of a shipped one, to a StudySpec."""

from pathlib import Path
from typing import Any

import yaml

import modsearch
from modsearch.message import nearest, parse
from modsearch.space.spec import StudySpec

_MAX_BYTES = 1_000_000  # shipped files have 2,000
_MAX_NODES = 100_000  # after aliases are followed: nine aliases a line make a billion nodes in ten lines


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping, which YAML would let win without a word, and bombs of aliases."""

    def get_single_node(self) -> yaml.Node | None:
        """The document, unless its aliases blow it up."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None:
            _check_size(node, {})
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Construct the value; what the constructors of PyYAML trip over is said with its place."""
        try:
            return super().construct_object(node, deep)
        except _TRIPS as error:
            rule = f"cannot read {str(node.value)[:40]!r} as {node.tag.rpartition(':')[2]}"
            detail = f": {error}" if isinstance(error, ValueError) else ""
            raise yaml.MarkedYAMLError(problem=rule + detail, problem_mark=node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct the mapping unless a key is repeated."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


_TRIPS = (ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError)


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


def shipped_spaces() -> dict[str, Path]:
    """The search spaces that come with modsearch, by name."""
    package = Path(modsearch.__file__).parent
    folder = next(each for each in (package / "search_spaces", package.parent / "search_spaces") if each.is_dir())
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_spec(space: str) -> StudySpec:
    """Read a study from a YAML file or by the name of a shipped one.

    Raises:
        ValueError: there is no such file or name, it is no YAML, or it breaks a rule. One line that names the field.
    """
    path = _resolve(space)
    data = _read(path)
    try:
        return parse(StudySpec, data)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _read(path: Path) -> object:
    """What the file says, whatever that is."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError(f"it has more than {_MAX_BYTES:,} bytes")
        return yaml.load(path.read_text(encoding="utf-8-sig"), _Loader)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from None
    except RecursionError:
        raise ValueError(f"{path} cannot be read: it is nested too deeply.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = str(getattr(error, "problem", None) or getattr(error, "reason", "it cannot be read"))
        raise ValueError(f"{path} is not valid YAML{where}: {' '.join(reason.split())[:200]}.") from None


def dump_spec(spec: StudySpec) -> str:
    """YAML text that reads back to an equal spec."""
    return yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False)


def _resolve(space: str) -> Path:
    shipped = shipped_spaces()
    if space in shipped:
        return shipped[space]
    path = Path(space)
    if _is_file(path):
        return path
    if path.suffix in (".yaml", ".yml") or path.parent != Path():
        raise ValueError(f"There is no file {space!r}.")
    names = ", ".join(shipped)
    hint = nearest(space, shipped)
    raise ValueError(f"There is no search space {space!r}, only {names}, or the path of a YAML file.{hint}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that may not be read
        return False
