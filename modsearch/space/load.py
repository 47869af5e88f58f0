"""From a YAML file, or the name of a shipped one, to a study or a recipe."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

import modsearch
from modsearch.file import read_bounded
from modsearch.message import must_be, nearest, parse
from modsearch.space.document import read_yaml, write_yaml
from modsearch.space.fidelity import Fidelity
from modsearch.space.recipe import Recipe
from modsearch.space.spec import StudySpec

Read = TypeVar("Read", bound=BaseModel)

_MAX_BYTES = 1_000_000  # shipped files have 2,000


def shipped_spaces() -> dict[str, Path]:
    """The search spaces that come with modsearch, by name."""
    package = Path(modsearch.__file__).parent
    folder = next(path for path in (package / "search_spaces", package.parent / "search_spaces") if path.is_dir())
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_spec(space: str) -> StudySpec:
    """Read a study from a YAML file or by the name of a shipped one.

    Raises:
        ValueError: there is no such file or name, it is no YAML, or it breaks a rule. One line that names the field.
    """
    return _load(StudySpec, space, "search space", shipped_spaces())


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with modsearch, by name."""
    return {path.stem: path for path in sorted((Path(__file__).parent / "recipes").glob("*.yaml"))}


def load_recipe(recipe: str) -> Recipe:
    """Read a recipe from a YAML file or by the name of a shipped one.

    Raises:
        ValueError: as of ``load_spec``.
    """
    return _load(Recipe, recipe, "recipe", shipped_recipes())


def change_fidelity(fidelity: Fidelity, changes: Sequence[str]) -> Fidelity:
    """A fidelity with other values of some fields.

    Args:
        fidelity: what it is without them.
        changes: ``FIELD=VALUE``, the value as in YAML, or a YAML file of fields; later ones win.

    Raises:
        ValueError: a file cannot be read, or a field breaks a rule; it is named.
    """
    fields = fidelity.model_dump()
    for change in changes:
        name, is_single, value = change.partition("=")
        if not is_single and not _is_file(Path(change)):
            raise ValueError(must_be("--fidelity", "FIELD=VALUE, such as epochs=30, or a YAML file", change))
        try:
            given = read_yaml(f"{name.strip()}: {value}") if is_single else _read(Path(change))
        except ValueError as error:
            raise ValueError(f"--fidelity {change}: {error}") from None
        if not isinstance(given, dict):
            raise ValueError(must_be(f"--fidelity {change}", "fields of a fidelity, such as epochs: 30", given))
        fields |= given
    return parse(Fidelity, fields, "fidelity")


def _load(model: type[Read], name: str, what: str, shipped: Mapping[str, Path]) -> Read:
    path = _resolve(name, what, shipped)
    data = _read(path)
    try:
        return parse(model, data)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _read(path: Path) -> object:
    """What the file says, whatever that is."""
    try:
        text = read_bounded(path, _MAX_BYTES).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from None
    try:
        return read_yaml(text)
    except ValueError as error:
        raise ValueError(f"{path} {error}.") from None


def dump_spec(spec: BaseModel) -> str:
    """YAML text of a study or a recipe that reads back to an equal one."""
    return write_yaml(spec.model_dump(mode="json"))


def _resolve(name: str, what: str, shipped: Mapping[str, Path]) -> Path:
    if name in shipped:
        return shipped[name]
    path = Path(name)
    if _is_file(path):
        return path
    if path.suffix in (".yaml", ".yml") or path.parent != Path():
        raise ValueError(f"There is no file {name!r}.")
    names = ", ".join(shipped)
    hint = nearest(name, shipped)
    raise ValueError(f"There is no {what} {name!r}, only {names}, or the path of a YAML file.{hint}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that may not be read
        return False
