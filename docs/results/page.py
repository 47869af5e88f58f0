"""Page: a README.md of docs/results, the template it is written by, and where it differs from its record."""

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from docs.results.record import RESULTS, RecordMissing, known
from docs.results.template import Fault, render, stray_numbers

PAGE = "README.md"
TEMPLATE = "README.template.md"
UNRECORDED = "*Recorded by release 0.1; not recomputed: "
"""How the line begins in which a page says that its record lacks what its figures are computed from."""


def page_folders() -> list[Path]:
    """Every folder of results that has a page."""
    return sorted(path.parent for path in RESULTS.glob(f"*/{PAGE}"))


def is_unrecorded(folder: Path) -> bool:
    """Whether the page says that its figures are not recomputed, and its record indeed lacks what they need."""
    if UNRECORDED not in (folder / PAGE).read_text():
        return False
    try:
        render(folder / TEMPLATE, known(folder))
    except RecordMissing:
        return True
    return False


def rendered(folder: Path) -> tuple[str, list[Fault]]:
    """The page that the record gives, and the sentences that it does not bear out.

    Raises:
        ValueError: there is no template, it asks for what the record does not hold, or a file of the record is missing.
    """
    template = folder / TEMPLATE
    if not template.is_file():
        raise ValueError(f"{folder / PAGE} must have a {TEMPLATE} beside it, which its figures are computed by")
    try:
        return render(template, known(folder))
    except RecordMissing as error:
        raise ValueError(f"{folder / PAGE} must have its whole record beside it: {error}") from error


def page_faults(folder: Path) -> Iterator[str]:
    """Where a page differs from its record, one line each: the file, the line, what is printed, what the record gives.

    Raises:
        ValueError: as ``rendered``.
    """
    name = f"docs/results/{folder.name}"
    if (folder / TEMPLATE).is_file():
        yield from (f"{name}/{TEMPLATE}:{fault.line}: {fault.text}" for fault in stray_numbers(folder / TEMPLATE))
    if is_unrecorded(folder):
        return
    text, broken = rendered(folder)
    yield from (f"{name}/{TEMPLATE}: {fault.text}" for fault in broken)
    for fault in differences((folder / PAGE).read_text(), text):
        yield f"{name}/{PAGE}:{fault.line}: {fault.text}"


def differences(printed: str, computed: str) -> Iterator[Fault]:
    """Where a printed text differs from the computed one; figures are named one by one where the lines correspond."""
    lines, others = printed.splitlines(), computed.splitlines()
    for kind, start, end, other_start, other_end in _opcodes(lines, others):
        if kind == "equal":
            continue
        if end - start == other_end - other_start:
            for offset in range(end - start):
                yield from _in_line(start + offset + 1, lines[start + offset], others[other_start + offset])
        else:
            yield Fault(start + 1, _changed("\n".join(lines[start:end]), "\n".join(others[other_start:other_end])))


def _in_line(number: int, line: str, other: str) -> Iterator[Fault]:
    words, other_words = _words(line), _words(other)
    for kind, start, end, other_start, other_end in _opcodes(words, other_words):
        if kind != "equal":
            before = " ".join(words[max(0, start - 3) : start])
            found = _changed(" ".join(words[start:end]), " ".join(other_words[other_start:other_end]))
            yield Fault(number, f"{found} (after {before!r})" if before else found)


def _changed(printed: str, computed: str) -> str:
    return f"prints {printed!r}, its record gives {computed!r}"


def _words(line: str) -> list[str]:
    return re.findall(r"\S+", line)


def _opcodes(one: list[str], other: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
