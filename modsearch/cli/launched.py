"""A command that several processes run together."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from modsearch.message import must_be

if TYPE_CHECKING:
    import torch

_INTERRUPT = 130
_PATIENCE_S = 5.0


def launched(num_processes: int, device: "torch.device") -> None:
    """Run this very command in so many processes."""
    import torch

    from modsearch.search import SearchFailed
    from modsearch.training.launch import ProcessLost, launch

    if device.type == "cuda" and num_processes > torch.cuda.device_count():
        rule = f"at most {torch.cuda.device_count()}, the GPUs of this machine"
        raise ValueError(must_be("--processes", rule, num_processes))
    try:
        code = launch(num_processes, sys.argv[1:])
    except ProcessLost as error:
        raise SearchFailed(f"{error} The same command goes on.") from None
    if code:
        raise typer.Exit(code)  # the process has said why


@contextmanager
def quiet_unless_first() -> Iterator[None]:
    """Of several processes the first one speaks, and what another one alone has met that one tells.

    An error of all, or one that follows from the end of another process, is waited out: the launcher ends all processes
    as soon as one has failed. It also says that they were interrupted.
    """
    from modsearch.search import SearchFailed

    spoken, is_first = [sys.stdout.fileno(), sys.stderr.fileno()], os.environ.get("RANK") == "0"
    kept = [os.dup(number) for number in spoken]
    if not is_first:
        with Path(os.devnull).open("wb") as nowhere:
            for number in spoken:
                os.dup2(nowhere.fileno(), number)
    try:
        yield
    except KeyboardInterrupt:
        os._exit(_INTERRUPT)
    except Exception as error:
        if not (is_first and isinstance(error, (ValueError, OSError, SearchFailed))):
            time.sleep(_PATIENCE_S)
        for number, former in zip(spoken, kept, strict=True):
            os.dup2(former, number)
        raise
