"""The figure of a front as a file."""

from pathlib import Path

from modsearch.analysis import FrontInfo
from modsearch.output.draw.file import save_figure
from modsearch.output.front.matplotlib import matplotlib_figure
from modsearch.output.front.plotly import html_page


def save_front(info: FrontInfo, path: Path) -> None:
    """Draw a front into a file: an interactive page for ``.html``, a picture for ``.png`` and ``.svg``.

    Raises:
        ValueError: the suffix is another one, or the folder does not exist.
    """
    save_figure(path, lambda: html_page(info), lambda: matplotlib_figure(info))
