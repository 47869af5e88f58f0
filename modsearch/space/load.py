"""From a YAML file, or the name of a shipped one, to a StudySpec."""

from pathlib import Path
from typing import Any

import yaml

import modsearch
from modsearch.message import nearest, parse
from modsearch.space.spec import StudySpec


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping: YAML would let the last one win without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct the mapping unless a key is repeated."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


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
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = getattr(error, "problem", None) or getattr(error, "reason", "it cannot be read")
        raise ValueError(f"{path} is not valid YAML{where}: {reason}.") from None
    try:
        return parse(StudySpec, data)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def dump_spec(spec: StudySpec) -> str:
    """YAML text that reads back to an equal spec."""
    return yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False)


def _resolve(space: str) -> Path:
    shipped = shipped_spaces()
    if space in shipped:
        return shipped[space]
    path = Path(space)
    if path.is_file():
        return path
    if path.suffix in (".yaml", ".yml") or path.parent != Path():
        raise ValueError(f"There is no file {space!r}.")
    names = ", ".join(shipped)
    hint = nearest(space, shipped)
    raise ValueError(f"There is no search space {space!r}, only {names}, or the path of a YAML file.{hint}")
