"""Links in a run's folder: a run that came from somewhere else must not make a search write anywhere else."""

import os
from pathlib import Path

from modsearch.message import must_be


def check_links(folder: Path) -> None:
    """Raise ValueError where something in a run's folder, or in a folder of it, is a link that leads out of it."""
    home = Path(os.path.realpath(folder))
    for path in (*folder.glob("*"), *folder.glob("*/*")):
        target = Path(os.path.realpath(path))  # not resolve(): it raises where links go in a circle
        if path.is_symlink() and not target.is_relative_to(home):
            raise ValueError(must_be(str(path), "inside of the run's folder", str(target)))
