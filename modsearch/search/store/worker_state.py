"""What the workers of a search are doing now: a file for those who watch, no part of the record."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from modsearch.file import appearing, read_bounded

WORKERS = "workers.json"
_MAX_BYTES = 10_000_000  # 100 bytes a worker
Doing = Literal["starting", "waiting", "measuring", "training"]


class WorkerState(BaseModel):
    """What one worker is doing.

    Attributes:
        doing: what it does.
        since: when it began, in seconds since 1970.
        number: of the trial; None while it has none.
        epoch: the last epoch that it finished.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    doing: Doing
    since: Annotated[float, Field(ge=0, le=1e11)]
    number: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    epoch: Annotated[int, Field(ge=1, lt=2**31)] | None = None


States = dict[Annotated[str, Field(max_length=300, pattern=r"^[\w.:-]+$")], WorkerState]
_STATES = TypeAdapter(States)


def write_workers(folder: Path, states: Mapping[str, WorkerState]) -> None:
    """Replace the file; where that fails nobody sees the workers, and nothing else is lost."""
    text = json.dumps({name: state.model_dump() for name, state in states.items()})
    with suppress(OSError), appearing(folder / WORKERS) as file:
        file.write(text.encode())


def remove_workers(folder: Path) -> None:
    """Nobody works, or those who did are dead."""
    with suppress(OSError):
        (folder / WORKERS).unlink()


def read_workers(folder: Path) -> dict[str, WorkerState]:
    """Worker -> what it is doing; empty where no such file is there, or it is damaged or none of ours."""
    path = folder / WORKERS
    try:
        if not path.is_file():  # opening a pipe would wait for its writer
            return {}
        return dict(sorted(_STATES.validate_json(read_bounded(path, _MAX_BYTES)).items()))
    except (OSError, ValueError):
        return {}
