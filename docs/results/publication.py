"""Publication: the record of a finished run, made in the folder of its page by one command.

The journal is the record; everything else follows from it, lies beside it for readers and benchmarks, and is compared
with it by ``derived_faults``. What the selectors pick needs the weights, which are not kept: that is a record too.
"""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import typer

from docs.results.record import JOURNAL, StudyRecord, blocks
from modsearch.analysis import FrontPoint
from modsearch.cli import run
from modsearch.output import front_json, save_front
from modsearch.record import Measurement

SELECTIONS = "selections.json"
_NAME = r"[\w.@%+,=-](?:[\w.@%+,= -]*[\w.@%+,=-])?"
_PATH = re.compile(rf"""(?:^|(?<=[\s'"(\[=,:]))~?(?:/{_NAME})+/?""")
"""An absolute path, with the blanks that its names may have."""
_BITS = "correct"
"""The field of a score whose base64 may look like a path."""


def publish(source: Path, folder: Path, data: Path | None = None, with_selections: bool = True) -> None:
    """Make the record of a run: its cleaned journal, the figure, and the files that follow from the journal.

    Args:
        source: the folder of the run, which is only read.
        folder: where the page is or will be.
        data: the study's images where they have moved.
        with_selections: also run every network with MoD blocks to see what it picks.

    Raises:
        ValueError: there is no run, or what selectors pick cannot be found out.
    """
    if not (source / JOURNAL).is_file():
        raise ValueError(f"The folder {str(source)!r} holds no {JOURNAL}.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JOURNAL).write_text("".join(cleaned_lines((source / JOURNAL).read_text())))
    record = StudyRecord(folder)
    for name, content in derived(record).items():
        (folder / name).write_text(content)
    for suffix in ("svg", "png"):
        save_front(record.front, folder / f"front.{suffix}")
    (folder / SELECTIONS).unlink(missing_ok=True)  # of another run
    if with_selections:
        found = {point.id: _selection(source, point, data) for point in record.points if point.num_mod_blocks}
        (folder / SELECTIONS).write_text(_text(found))


def cleaned_lines(journal: str) -> Iterator[str]:
    """The lines of a journal as they may be published: of each absolute path, its last name alone is kept.

    Nothing reads results through these paths: weights and images are looked for where the user says.
    """
    for line in journal.splitlines():
        yield json.dumps(_cleaned(json.loads(line)), separators=(",", ":")) + "\n"


def derived(record: StudyRecord) -> dict[str, str]:
    """The files that follow from a journal, by name."""
    members = {member.id for member in record.front.members}
    networks = sorted(record.points, key=lambda point: point.trial_number)
    return {
        "front.json": _text(front_json(record.front)),
        "networks.json": _text([_network(point, point.id in members, record) for point in networks]),
    }


def write_derived(folder: Path) -> None:
    """Write the files beside a journal anew, as it gives them now."""
    for name, content in derived(StudyRecord(folder)).items():
        (folder / name).write_text(content)


def derived_faults(folder: Path) -> Iterator[str]:
    """The files beside a journal that are not what it gives, one line each."""
    for name, content in derived(StudyRecord(folder)).items():
        path = folder / name
        if not path.is_file() or path.read_text() != content:
            yield f"docs/results/{folder.name}/{name}: is not what {JOURNAL} gives"


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _PATH.sub(lambda found: found[0].rstrip("/").rpartition("/")[2], value)
    if isinstance(value, list):
        return [_cleaned(child) for child in value]
    if isinstance(value, dict):
        return {name: child if name == _BITS else _cleaned(child) for name, child in value.items()}
    return value


def _network(point: FrontPoint, is_member: bool, record: StudyRecord) -> dict[str, Any]:
    """What is kept of a network: the order of trials, intervals, curve, per-image bits and rounds of timing."""
    score, retimed = point.score, record.retimed(point)
    seconds = [epoch.seconds for epoch in score.learning_curve]
    return {
        "id": point.id,
        "trial": point.trial_number,
        "blocks": blocks(point),
        "placement": point.placement,
        "published": point.published,
        "front": is_member,
        **{name: _triple(measured) for name, measured in point.scores.items()},
        "retimed": None if retimed is None else _triple(retimed),
        "curve": [epoch.accuracy for epoch in score.learning_curve],
        "train_seconds": sum(seconds),
        "num_images": point.scores["accuracy"].num_samples,
        "correct": score.correct,
        "log_ratios": {place: timed.log_ratios for place, timed in score.timed.items()},
        "architecture": json.loads(point.architecture.to_json()),
    }


def _triple(measured: Measurement) -> float | list[float]:
    """Value, low and high; a count is one number."""
    if measured.environment is None and measured.low == measured.high:
        return measured.value
    return [measured.value, measured.low, measured.high]


def _selection(source: Path, point: FrontPoint, data: Path | None) -> Any:
    """What ``modsearch analyse --selection --json`` says of a network.

    Raises:
        ValueError: it fails; it has said why.
    """
    arguments = ["analyse", str(source), "--id", point.id, "--selection", "--json"]
    arguments += ["--data", str(data)] if data else []
    typer.echo(f"running {point.id} {blocks(point)}", err=True)
    with redirect_stdout(StringIO()) as printed:
        code = run(arguments)
    if code:
        raise ValueError(f"modsearch {shlex.join(arguments)} must succeed. It ended with exit code {code} instead.")
    return json.loads(printed.getvalue())


def _text(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"
