"""A saved page: the dashboard's page with its data inside, which needs no server."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from modsearch.dashboard.document import study_values
from modsearch.dashboard.first_paint import first_paint
from modsearch.output import swap_json
from modsearch.search import Adviser, Study, load_study, own_front

_MODULE = "page.js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
_MOST_ADVISED = 12  # members of the front whose swaps a page holds


def saved_page(targets: Sequence[str], view: str = "front") -> str:
    """One HTML file that shows studies as they are now; the same studies give the same file.

    Args:
        targets: runs' folders, or ``URL#name`` for studies in databases.
        view: what it shows first.

    Raises:
        ValueError: there is no such study, or its latencies do not compare.
    """
    return page_of([_values(load_study(target), target) for target in targets], view)


def page_of(studies: Sequence[dict[str, Any]], view: str) -> str:
    """The page of these values."""
    content = gzip.compress(json.dumps(studies, separators=(",", ":"), allow_nan=False).encode(), mtime=0)
    script, style = bundled_script(), _static("page.css")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:"
    name = escape(", ".join(values["study"] for values in studies))
    page = _static("index.html")
    page = page.replace('<html lang="en">', f'<html lang="en" data-view="{escape(view)}">', 1)
    page = page.replace('<meta charset="utf-8">', _policy(policy), 1)
    page = page.replace("<title>modsearch</title>", f"<title>{name}</title>", 1)
    page = page.replace('<link rel="stylesheet" href="static/page.css">', f"<style>{style}</style>", 1)
    page = page.replace('<script type="module" src="static/page.js"></script>\n', "", 1)
    page = page.replace("<p>Reading the study.</p>", first_paint(studies[0]), 1)
    data = f'<script type="application/octet-stream" id="saved">{base64.b64encode(content).decode()}</script>'
    return page.replace("</body>", f'{data}\n<script type="module">{script}</script>\n</body>', 1)


def bundled_script() -> str:
    """All modules of the page as one: each in a function of its own, whose exports the others take."""
    found: dict[str, str] = {}
    _add(_MODULE, found)
    return "\n".join(found.values())


def _values(study: Study, target: str) -> dict[str, Any]:
    """With what a page would ask a server for."""
    adviser, members = Adviser(study), own_front(study).members[:_MOST_ADVISED]
    swaps = {member.id: swap_json(adviser.swaps(member.architecture)) for member in members}
    return study_values(study, target) | {"swaps": swaps}


def _add(path: str, found: dict[str, str]) -> None:
    """A module behind those that it imports."""
    text = _static(path)
    needed = {name: _resolved(path, name) for _, name in _IMPORT.findall(text)}
    for other in needed.values():
        if other not in found:
            _add(other, found)
    names = [name for _, name in _EXPORT.findall(text)]
    body = _IMPORT.sub(lambda match: f"const {match[1]} = {_variable(needed[match[2]])};\n", text)
    body = _EXPORT.sub(r"\1 \2", body)
    found[path] = f"const {_variable(path)} = (() => {{\n{body}return {{ {', '.join(names)} }};\n}})();"


def _resolved(path: str, name: str) -> str:
    """A relative import of a module, from the folder of all."""
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / name).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))


def _policy(policy: str) -> str:
    return f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _static(path: str) -> str:
    return (files("modsearch.dashboard") / "static" / path).read_text("utf-8")
