"""The figure of a selector analysis as a file."""

from pathlib import Path

from modsearch.analysis import SelectionInfo
from modsearch.output.draw.file import save_figure
from modsearch.output.selection.matplotlib import selection_matplotlib
from modsearch.output.selection.plotly import selection_page


def save_selection(info: SelectionInfo, path: Path) -> None:
    """Draw pick rates into a file: an interactive page for ``.html``, a picture for ``.png`` and ``.svg``.

    Raises:
        ValueError: the suffix is another one, or the folder does not exist.
    """
    save_figure(path, lambda: selection_page(info), lambda: selection_matplotlib(info))
