"""The figure of published networks beside their paper as a file."""

from collections.abc import Sequence
from pathlib import Path

from modsearch.output.comparison_matplotlib import comparison_picture
from modsearch.output.comparison_plotly import comparison_page
from modsearch.output.front_figure import check_figure, save_picture
from modsearch.scoring import Comparison


def save_comparison(found: Sequence[Comparison], path: Path) -> None:
    """Draw the ratios into a file: an interactive page for ``.html``, a picture for ``.png`` and ``.svg``.

    Raises:
        ValueError: see ``check_figure``.
    """
    check_figure(path)
    if path.suffix == ".html":
        path.write_text(comparison_page(found), encoding="utf-8")
    else:
        save_picture(comparison_picture(found), path)
