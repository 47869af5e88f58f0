"""From a YAML file, or the name of a shipped one, to a StudySpec."""

from pathlib import Path

import modsearch
from modsearch.file import read_bounded
from modsearch.message import nearest, parse
from modsearch.space.document import read_yaml, write_yaml
from modsearch.space.spec import StudySpec

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
    path = _resolve(space)
    data = _read(path)
    try:
        return parse(StudySpec, data)
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


def dump_spec(spec: StudySpec) -> str:
    """YAML text that reads back to an equal spec."""
    return write_yaml(spec.model_dump(mode="json"))


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
