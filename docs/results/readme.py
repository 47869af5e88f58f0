"""The README of the repository: the figures of its table "How fast", each computed from the JSON of its command."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docs.results.page import differences
from docs.results.record import RESULTS, known
from docs.results.template import Fault, render, stray_numbers

README = RESULTS.parents[1] / "README.md"
TEMPLATE = RESULTS / "how_fast.template.md"
_HEADING = "| What | Measured | Command |"
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        line: where it stands in its file, counted from 1.
        what: its first cell: in the README what was measured, in the template how that begins.
        measured: its second cell, with the figures.
    """

    line: int
    what: str
    measured: str


def rows(text: str, heading: str = _HEADING) -> list[Row]:
    """The rows of the table below a heading.

    Raises:
        ValueError: there is none.
    """
    lines = text.splitlines()
    if heading not in lines:
        raise ValueError(f"The text must have a table with the heading {heading!r}.")
    first, found = lines.index(heading) + 2, []
    for number, line in enumerate(lines[first:], start=first + 1):
        if not line.startswith("|"):
            break
        cells = [each.strip() for each in _CELLS.split(line)]
        found.append(Row(number, cells[1], cells[2]))
    return found


def computed_rows() -> tuple[list[Row], list[Fault]]:
    """The rows that the record gives, and the sentences that it does not bear out."""
    text, broken = render(TEMPLATE, known(RESULTS))
    return rows(text, "| What begins with | Measured |"), broken


def readme_faults() -> Iterator[str]:
    """Where the table differs from the record, one line each; every row must have its figures computed."""
    name = f"docs/results/{TEMPLATE.name}"
    yield from (f"{name}:{each.line}: {each.text}" for each in stray_numbers(TEMPLATE))
    computed, broken = computed_rows()
    yield from (f"{name}: {each.text}" for each in broken)
    printed = rows(README.read_text())
    for row in computed:
        if not any(each.what.startswith(row.what) for each in printed):
            yield f"README.md: no row of the table begins with {row.what!r}"
    for each in printed:
        own = _row_of(each, computed)
        if own is None:
            yield f"README.md:{each.line}: {name} must have a row for {each.what!r}"
        else:
            yield from (f"README.md:{each.line}: {fault.text}" for fault in differences(each.measured, own.measured))


def with_figures(text: str) -> str:
    """The README with the computed cells in place of the printed ones; its words stay."""
    lines, (computed, _) = text.splitlines(keepends=True), computed_rows()
    for each in rows(text):
        row = _row_of(each, computed)
        if row is not None:
            cells = _CELLS.split(lines[each.line - 1])
            cells[2] = f" {row.measured} "
            lines[each.line - 1] = "|".join(cells)
    return "".join(lines)


def _row_of(printed: Row, computed: list[Row]) -> Row | None:
    """The row whose beginning this one has: the longest, where one begins as another one does."""
    found = [each for each in computed if printed.what.startswith(each.what)]
    return max(found, key=lambda each: len(each.what), default=None)
