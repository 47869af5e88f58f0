"""The figure of networks that were trained anew, as a file."""

from pathlib import Path

from modsearch.analysis import RefinedInfo
from modsearch.output.draw.file import save_picture
from modsearch.output.refined.matplotlib import refined_picture


def save_refined(info: RefinedInfo, path: Path) -> None:
    """Draw accuracy against cost, and differences from controls, into a ``.png`` or ``.svg``.

    Raises:
        ValueError: the suffix is another one, the folder does not exist, or no network has been trained anew.
        OSError: the file cannot be written.
    """
    save_picture(path, lambda: refined_picture(info))
