"""The figure of realised speed-ups as a file."""

from pathlib import Path

from modsearch.analysis import FrontInfo
from modsearch.output.draw.file import save_figure
from modsearch.output.speedup.matplotlib import speedup_picture
from modsearch.output.speedup.plotly import speedup_page


def save_speedup(info: FrontInfo, path: Path) -> None:
    """Draw ideal and measured speed-ups into a file: a page for ``.html``, a picture for ``.png`` and ``.svg``.

    Raises:
        ValueError: the suffix is another one, the folder does not exist, or the study timed no speed-up.
    """
    save_figure(path, lambda: speedup_page(info), lambda: speedup_picture(info))
