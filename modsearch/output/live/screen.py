"""A screen that may go away, with its terminal or with who reads a pipe, while what is shown there goes on."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console


class Screen:
    """A stream for text. Where it cannot be written any more, all that follows is dropped, and stderr is told once.

    Args:
        stream: such as ``sys.stdout``.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write it, or drop it."""
        try:
            if not self._is_lost:
                self._write(text)
        except (OSError, ValueError) as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Flush what was written."""
        try:
            if not self._is_lost:
                self._stream.flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeError:
            self._stream.write(text.encode("ascii", "backslashreplace").decode())

    def _lose(self, error: Exception) -> None:
        """Send the rest nowhere, also what Python still holds and flushes when it ends."""
        self._is_lost = True
        with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())
        tell(f"Nothing more is shown: the output cannot be written ({error}). The work goes on.")


def steady_console(stream: TextIO | None = None) -> Console:
    """A console on a screen; on that of stdout by default."""
    screen: Any = Screen(stream or sys.stdout)
    return Console(file=screen)


def tell(text: str) -> None:
    """One line on stderr, if that is still there."""
    with suppress(OSError, ValueError):
        print(f"modsearch: {text}", file=sys.stderr)  # noqa: T201
