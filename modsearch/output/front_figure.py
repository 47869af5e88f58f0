"""The figure of a front as a file."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from modsearch.analysis import FrontInfo
from modsearch.message import must_be
from modsearch.output.front_matplotlib import STYLE, matplotlib_figure
from modsearch.output.front_plotly import html_page

SUFFIXES = (".html", ".png", ".svg")


def save_front(info: FrontInfo, path: Path) -> None:
    """Draw a front into a file: an interactive page for ``.html``, a picture for ``.png`` and ``.svg``.

    Raises:
        ValueError: see ``check_figure``.
    """
    check_figure(path)
    if path.suffix == ".html":
        path.write_text(html_page(info), encoding="utf-8")
    else:
        save_picture(matplotlib_figure(info), path)


def check_figure(path: Path) -> None:
    """Raise ValueError where a figure cannot be saved: the suffix is another one, or the folder does not exist."""
    if path.suffix not in SUFFIXES:
        raise ValueError(must_be("The figure's name", f"one that ends in {', '.join(SUFFIXES)}", path.name))
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} for the figure.")


def save_picture(figure: Figure, path: Path) -> None:
    """Save as PNG or SVG; the same figure gives the same file."""
    metadata = {"Date": None} if path.suffix == ".svg" else {}
    with mpl.rc_context(STYLE):
        figure.savefig(path, dpi=200, metadata=metadata)
