"""Folder: where Ray Tune keeps what nobody reads, as long as a search runs."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modsearch.search.store.lock import LOCK, alone_in, has_driver

_PREFIX = "modsearch-ray-"


@contextmanager
def temporary_folder() -> Iterator[str]:
    """A folder that goes with the body; those of killed searches go too."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_left_behind(left):
                shutil.rmtree(left)  # it follows no link
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder,
        alone_in(Path(folder), ""),
    ):
        yield folder


def _is_left_behind(folder: Path) -> bool:
    """Whether it is ours, and the search that locked it is dead."""
    return folder.lstat().st_uid == os.geteuid() and (folder / LOCK).is_file() and has_driver(folder) is False
