"""Figures as files: an interactive page or a picture, by the name's ending."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from modsearch.message import must_be
from modsearch.output.draw.style import STYLE

SUFFIXES = (".html", ".png", ".svg")


def check_figure_path(path: Path) -> None:
    """Raise ValueError where no figure can be drawn to: another suffix, or a folder that does not exist."""
    if path.suffix not in SUFFIXES:
        raise ValueError(must_be("The figure's name", f"one that ends in {', '.join(SUFFIXES)}", path.name))
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} for the figure.")


def save_figure(path: Path, page: Callable[[], str], picture: Callable[[], Figure]) -> None:
    """Write ``page`` for ``.html``, ``picture`` for ``.png`` and ``.svg``; the same content gives the same file.

    Raises:
        ValueError: as ``check_figure_path``.
    """
    check_figure_path(path)
    if path.suffix == ".html":
        path.write_text(page(), encoding="utf-8")
        return
    metadata = {"Date": None} if path.suffix == ".svg" else {}
    with mpl.rc_context(STYLE):
        picture().savefig(path, dpi=200, metadata=metadata)
