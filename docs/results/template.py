"""Template: the text of a page with fields for its figures, so that no figure of a page is written by hand.

Jinja's fields and loops take the figures from the record. What stands between them is text, and a number there must be
a constant of the set-up, which the comment at the template's top names:

    {#
    - 95 %: level of every interval
    #}

A sentence without figures that the record must bear out stands in a block of its own:

    {% call holds(slowest < 1) %}All of them are faster.{% endcall %}
"""

import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError

from docs.results.figure import FILTERS

_CONSTANT = re.compile(r"^- (?P<phrase>.+?): .+$", re.MULTILINE)
_NO_PROSE = re.compile(r"`[^`]*`|^ {4}.*$|\]\([^)]*\)", re.MULTILINE)
"""Code, and where links go."""
_NUMBER = re.compile(
    r"(?<![\w.-])\d[\d.,]*(?<![.,])|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Fault:
    """Where a page and its record differ.

    Attributes:
        line: of the file that is at fault, counted from 1; 0 where there is none.
        text: what is wrong.
    """

    line: int
    text: str


def render(path: Path, known: Mapping[str, Any]) -> tuple[str, list[Fault]]:
    """The page that a record gives, and the sentences that it does not bear out.

    Args:
        path: of the template.
        known: what its fields are computed from.

    Raises:
        ValueError: a field asks for something that is not there, or the template cannot be read.
    """
    broken: list[Fault] = []

    def holds(is_true: object, caller: Any) -> str:
        text = str(caller())
        if not is_true:
            broken.append(Fault(0, f"the record does not bear out: {' '.join(text.split())}"))
        return text

    try:
        template = _environment().from_string(path.read_text())
        return template.render(known, holds=holds), broken
    except (TemplateError, TypeError, KeyError) as error:
        raise ValueError(f"{path}:{_line_of(error)} must ask for what the record holds: {error}") from error


def stray_numbers(path: Path) -> Iterator[Fault]:
    """Numbers in the text of a template that are neither computed nor named as constants, and constants not used."""
    source = path.read_text()
    tokens = list(_environment().lex(source))
    comment = next((text for _, kind, text in tokens if kind == "comment"), "")
    constants = [found["phrase"] for found in _CONSTANT.finditer(comment)]
    unused = set(constants)
    prose = _prose(tokens)
    for phrase in sorted(constants, key=len, reverse=True):
        if phrase in prose:
            unused.discard(phrase)
            prose = prose.replace(phrase, "")
    for number, line in enumerate(prose.splitlines(), start=1):
        for found in _NUMBER.finditer(line):
            yield Fault(number, f"{found[0]!r} must be computed, or named as a constant at the template's top")
    for phrase in sorted(unused):
        yield Fault(1, f"the constant {phrase!r} stands nowhere in the text")


def _environment() -> Environment:
    environment = Environment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= FILTERS
    environment.globals["zip"] = zip
    return environment


def _line_of(error: Exception) -> int:
    """The line of the template in which an error arose: Jinja puts its lines into the traceback."""
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return lines[-1] if lines else getattr(error, "lineno", 0)


def _prose(tokens: list[tuple[int, str, str]]) -> str:
    """The text between the fields, in the lines of the template; ``lex`` says in which line a token begins."""
    prose = ""
    for line, kind, text in tokens:
        if kind == "data":
            prose += "\n" * (line - 1 - prose.count("\n")) + text
        else:
            prose += " " if prose and not prose.endswith("\n") else ""
    return _NO_PROSE.sub(lambda found: " " if "\n" not in found[0] else "\n" * found[0].count("\n"), prose)
