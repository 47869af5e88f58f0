"""Figures as files: an interactive page or a picture, by the name's ending."""

import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from modsearch.message import must_be
from modsearch.output.draw.style import STYLE

SUFFIXES = (".html", ".png", ".svg")
_PICTURES = (".png", ".svg")


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
    save_picture(path, picture)


def check_picture_path(path: Path) -> None:
    """Raise ValueError where no picture can be drawn to: another suffix, or a folder that does not exist."""
    if path.suffix not in _PICTURES:
        raise ValueError(must_be("The picture's name", f"one that ends in {' or '.join(_PICTURES)}", path.name))
    check_figure_path(path)


def save_picture(path: Path, picture: Callable[[], Figure]) -> None:
    """Write a figure that is no page, to ``.png`` or ``.svg``; the same content gives the same file.

    Raises:
        ValueError: another suffix, or the folder does not exist.
    """
    check_picture_path(path)
    metadata = {"Date": None} if path.suffix == ".svg" else {}
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a class may be named in letters that no font has
        picture().savefig(path, dpi=200, metadata=metadata)
