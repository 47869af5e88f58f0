"""Manifest: which files a bundle has, and what their bytes must be."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from modsearch.file import read_bounded
from modsearch.message import read_json

MANIFEST = "manifest.json"
_MAX_BYTES = 1_000_000


class Damaged(RuntimeError):  # noqa: N818
    """A file of a bundle is not what was exported."""


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Enter every file that lies in the folder."""
    files = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    (folder / MANIFEST).write_text(_text({"schema_version": 1, **facts, "files": files}), encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a manifest says.

    Raises:
        ValueError: there is none.
        Damaged: not all of its bytes are as they were written.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ValueError(f"{str(folder)!r} is no bundle: it has no {MANIFEST}.")
    content = read_bounded(path, _MAX_BYTES)
    with suppress(ValueError):
        said = read_json(content, MANIFEST)
        if isinstance(said, dict) and isinstance(said.get("files"), dict):
            rest = {name: value for name, value in said.items() if name != "sha256"}
            if _text(rest).encode() == content:
                return rest
    raise Damaged(f"{MANIFEST} was changed since it was written.")


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Raise Damaged where a file is missing, was changed, or is not in the manifest; it is named."""
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")} - {MANIFEST}  # a clone has .git
    for name, digest in manifest["files"].items():
        if name not in there:
            raise Damaged(f"{name} is missing.")
        if sha256(folder / name) != digest:
            raise Damaged(f"{name} was changed since it was written.")
    if more := sorted(there - manifest["files"].keys()):
        raise Damaged(f"{more[0]} is no part of what was exported.")


def check_whole(folder: Path) -> None:
    """Raise ValueError where a folder is a bundle, and not all of it is as it was exported."""
    if (folder / MANIFEST).is_file():
        try:
            check_files(folder, read_manifest(folder))
        except Damaged as error:
            raise ValueError(f"{str(folder)!r}: {error}") from None


def sha256(path: Path) -> str:
    """Over the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(said: dict[str, Any]) -> str:
    """With a digest over itself, so that no bit of it can change unseen."""
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return json.dumps(said | {"sha256": digest}, indent=1) + "\n"
