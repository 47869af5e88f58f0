"""Files of torchvision's pretrained weights: in torch's cache, where they are downloaded to if they are not there.

Torch checks the hash of what it downloads, and of no file that lies there already.
"""

import errno
import hashlib
from collections.abc import Mapping
from functools import cache
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

import torch
from torch import Tensor
from torchvision.models import get_model_weights

from modsearch.message import not_had

_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)
_SHOWN = 8  # hex digits, as many as the names of the files have


def pretrained_weights(source: str) -> Mapping[str, Tensor]:
    """Torchvision's best weights of a network.

    Args:
        source: torchvision's name of it.

    Raises:
        ValueError: what lies in torch's cache has another hash than its name says.
        OSError: the weights are not there, and cannot be downloaded or kept.
    """
    weights = get_model_weights(source).DEFAULT
    file = Path(torch.hub.get_dir()) / "checkpoints" / PurePosixPath(urlparse(weights.url).path).name
    prefix = file.stem.rpartition("-")[2]
    if file.exists():
        _check(file, prefix, source)
    try:
        found: Mapping[str, Tensor] = weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError, HTTPException) as error:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            text = f"Torch's cache {str(file.parent)!r} cannot be written: {error.strerror}."
            raise OSError(f"{text} TORCH_HOME names another place.") from error
        what = f"The file of torchvision's weights of {source}"
        raise OSError(not_had(what, weights.url, str(file), f"SHA-256 {prefix}...", error)) from error
    return found


def _check(file: Path, prefix: str, source: str) -> None:
    status = file.stat()
    found = _sha256(file, status.st_size, status.st_mtime_ns)
    if not found.startswith(prefix):
        raise ValueError(
            f"{file} must hold torchvision's weights of {source} (SHA-256 {prefix}...). "
            f"Got {status.st_size:,} bytes with SHA-256 {found[:_SHOWN]}... instead. "
            "Remove it and it is downloaded again, or lay a right copy there."
        )


@cache
def _sha256(file: Path, num_bytes: int, changed_ns: int) -> str:
    """Of the file as it was at that time: it is read for every network."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
