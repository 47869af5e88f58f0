"""The figure of published networks beside their paper as a file."""

from collections.abc import Sequence
from pathlib import Path

from modsearch.output.comparison.matplotlib import comparison_picture
from modsearch.output.comparison.plotly import comparison_page
from modsearch.output.draw.file import save_figure
from modsearch.record import Comparison


def save_comparison(found: Sequence[Comparison], path: Path) -> None:
    """Draw the ratios into a file: an interactive page for ``.html``, a picture for ``.png`` and ``.svg``.

    Raises:
        ValueError: the suffix is another one, or the folder does not exist.
    """
    save_figure(path, lambda: comparison_page(found), lambda: comparison_picture(found))
