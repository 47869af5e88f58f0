"""What came of networks that were trained in full: words, tables and pictures."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from modsearch.cli.target import Target, score_of

if TYPE_CHECKING:
    from modsearch.record import TrainingRequest, TrainingResult

_FEW_CLASSES = 20


@dataclass(frozen=True)
class Trained:
    """A network that was trained.

    Attributes:
        request: what was asked for.
        result: what came of it.
        folder: where it lies.
    """

    request: "TrainingRequest"
    result: "TrainingResult"
    folder: Path


def keep_latency(trained: Sequence[Trained], chosen: Target) -> None:
    """What a study timed of the networks is kept with them: an export states it."""
    from modsearch.bundle import claims, write_latency

    for network in trained if chosen.study is not None else ():
        assert chosen.study is not None
        score = score_of(chosen.study, network.request.architecture.id)
        write_latency(network.folder, claims(chosen.study.spec, score))


def show(trained: Sequence[Trained], out: Path, console: Console) -> None:
    """What they are worth, in words; pictures and tables of each one in its folder."""
    from modsearch.analysis import training_info
    from modsearch.file import appearing
    from modsearch.output import class_table, training_json, training_lines, training_table
    from modsearch.training.folder import COMPARED

    first = trained[0]
    info = training_info([(network.request, network.result) for network in trained])
    console.print(training_table(info))
    if len(trained) == 1 and len(first.result.classes) <= _FEW_CLASSES:
        console.print(class_table(first.result))
    for line in training_lines(info):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for network in trained:
        _draw(network)
    if len(trained) > 1:
        with appearing(out / COMPARED) as file:
            file.write(json.dumps(training_json(info), indent=1).encode() + b"\n")
    export = shlex.join(("modsearch", "export", str(first.folder), "--to", "FOLDER"))
    console.print(f"\nCarry it away: {export}", highlight=False, markup=False, soft_wrap=True)


def _draw(network: Trained) -> None:
    from modsearch.output import read_confusion, save_confusion_figure, save_training_figure
    from modsearch.training.folder import CONFUSION

    folder = network.folder
    save_training_figure(folder / "curve.png", network.request, network.result)
    if (folder / CONFUSION).is_file():
        save_confusion_figure(folder / "confusion.png", *read_confusion(folder / CONFUSION))
