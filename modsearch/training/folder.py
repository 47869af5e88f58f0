"""The folder of a training in full."""

import csv
import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from safetensors.torch import save
from torch import Tensor, nn

from modsearch.file import PARTIAL, appearing, locked
from modsearch.message import must_be
from modsearch.record import Epoch, TrainingRequest, TrainingResult
from modsearch.record.training_file import REQUEST, RESULT, is_training, read_request
from modsearch.training.accuracy import confusion_matrix

WEIGHTS = "model.safetensors"
CHECKPOINT, CURVE, CONFUSION = "checkpoint.safetensors", "curve.csv", "confusion.csv"
LOCK = "training.lock"
COMPARED = "comparison.json"
_MAX_CONFUSED = 1000


def check_out(out: Path, names: Sequence[str]) -> None:
    """Raise ValueError where a folder cannot take these trainings: one in itself, several below it."""
    folders = [out / name for name in names] if len(names) > 1 else [out]
    if len(names) > 1 and out.exists():
        strange = [path.name for path in _entries(out) if path.name not in (*names, LOCK, COMPARED)]
        if strange:
            rule = "a new or empty folder, or that of these trainings"
            raise ValueError(must_be("--out", rule, f"{out} with {strange[0]}"))
    for folder in folders:
        check_free(folder)


def alone_in(folder: Path) -> AbstractContextManager[None]:
    """Be the only one who trains in a folder; ValueError where another one does, or it cannot be written to."""
    return locked(folder / LOCK, f"Another training is writing to {str(folder)!r}: wait for its end, or stop it.")


def begin_in(folder: Path, request: TrainingRequest) -> None:
    """Make a folder that of a training.

    Raises:
        ValueError: another training, or something else, lies there.
    """
    if is_training(folder):
        known = read_request(folder)
        if known.difference(request):
            raise ValueError(
                f"{str(folder)!r} holds another training: {known.difference(request)}. Give the same, or a new --out."
            )
        return
    check_free(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / REQUEST, request.model_dump_json(indent=1))


def check_free(folder: Path) -> None:
    """Raise ValueError where something else than a training lies in a folder."""
    found = [path.name for path in _entries(folder) if path.name != LOCK] if folder.exists() else []
    if found and not is_training(folder):
        raise ValueError(must_be("--out", "a new or empty folder, or that of a training", str(folder)))


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ValueError(must_be("--out", "a folder", str(folder)))
    return sorted(path for path in folder.iterdir() if not path.name.endswith(PARTIAL))  # what a kill left


def write_curve(folder: Path, curve: Sequence[Epoch], num_images: int) -> None:
    """The learning curve as a table, rewritten whole."""
    rows = [
        (number, epoch.loss, epoch.accuracy, num_images / epoch.seconds, epoch.seconds)  # None is written as nothing
        for number, epoch in enumerate(curve, 1)
    ]
    header = ("epoch", "loss", "validation_accuracy", "images_per_second", "seconds")
    _write(folder / CURVE, _table([header, *rows]))


def write_confusion(folder: Path, taken_N: Tensor, label_N: Tensor, class_names: Sequence[str]) -> None:
    """How many images of each class were taken for each, as a table; none of more than a thousand classes."""
    if len(class_names) > _MAX_CONFUSED:
        return
    confusion_KK = confusion_matrix(taken_N, label_N, len(class_names))
    rows = [[name, *row] for name, row in zip(class_names, confusion_KK.tolist(), strict=True)]
    _write(folder / CONFUSION, _table([["class / taken for", *class_names], *rows]))


def write_result(folder: Path, model: nn.Module, result: TrainingResult) -> None:
    """The weights and what they are worth. The result comes last: where it stands the training is done."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with appearing(folder / WEIGHTS) as file:
        file.write(save(tensors))
    _write(folder / RESULT, result.model_dump_json(indent=1))


def _table(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().removesuffix("\n")


def _write(path: Path, text: str) -> None:
    with appearing(path) as file:
        file.write(text.encode() + b"\n")
