"""What the folder of a training says of it."""

from pathlib import Path

from modsearch.file import read_bounded
from modsearch.message import must_be, parse, read_json
from modsearch.record.training import TrainingRequest, TrainingResult

REQUEST, RESULT = "training.json", "result.json"
_MAX_BYTES = 500_000_000  # the names of a million classes, and their results


def is_training(folder: Path) -> bool:
    """Whether a folder is that of a training."""
    return (folder / REQUEST).is_file()


def trainings_below(folder: Path) -> list[Path]:
    """The trainings in the folders of one that holds several."""
    return [] if is_training(folder) else [path.parent for path in sorted(folder.glob(f"*/{REQUEST}"))]


def read_request(folder: Path) -> TrainingRequest:
    """What is trained in a folder.

    Raises:
        ValueError: it is not that of a training, or its file is damaged.
    """
    if not is_training(folder):
        raise ValueError(must_be(f"{str(folder)!r}", f"the folder of a training, with a file {REQUEST}", "none"))
    return parse(TrainingRequest, _read(folder / REQUEST), REQUEST)


def read_result(folder: Path) -> TrainingResult | None:
    """What a training gave; None where it is not done.

    Raises:
        ValueError: its file is damaged.
    """
    if not (folder / RESULT).is_file():
        return None
    return parse(TrainingResult, _read(folder / RESULT), RESULT)


def _read(path: Path) -> object:
    return read_json(read_bounded(path, _MAX_BYTES), path.name)
