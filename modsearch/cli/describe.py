"""``modsearch describe``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from modsearch.architecture import Architecture, published
from modsearch.file import read_bounded
from modsearch.message import nearest, shown

if TYPE_CHECKING:
    from modsearch.analysis import Deployed
    from modsearch.record import Score

_MAX_BYTES = 1_000_000  # resnet152 has 4,000
_TASK_OF_STEM = {"cifar": (10, 32), "imagenet": (1000, 224)}


def command(
    target: Annotated[str, typer.Argument(help="Name of a published network, architecture file, or study with --id.")],
    id_: Annotated[str | None, typer.Option("--id", help="Id of a network of the study.")] = None,
    classes: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Number of classes. [default: the network's]")
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(min=1, max=4096, help="Height and width of the images, in pixels. [default: the network's]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show what a network is and what each of its layers costs."""
    deployed: Sequence[Deployed] = ()
    score: Score | None = None
    if id_ is not None or "://" in target or Path(target).is_dir():
        architecture, num_classes, size, deployed, score = _from_study(target, id_)
    else:
        architecture, num_classes, size = _resolve(target)

    from modsearch.output import describe_json, describe_tables
    from modsearch.scoring import ideal_speedup, profile

    found = profile(architecture, classes or num_classes, image_size or size)
    ideal = ideal_speedup(found)
    if as_json:
        typer.echo(json.dumps(describe_json(found, ideal, deployed, score), indent=2))
    else:
        Console().print(*describe_tables(found, ideal, deployed, score), sep="\n")


def _resolve(target: str) -> tuple[Architecture, int, int]:
    """The network that is meant, and the classes and image size that it is for."""
    path = Path(target)
    if path.is_file():
        architecture = _read(path)
        return architecture, *_TASK_OF_STEM[architecture.stem]
    if path.suffix or len(path.parts) > 1:
        raise ValueError(f"There is no file {shown(target)}.")
    found = published().get(target)
    if found is None:
        hint = nearest(target, published())
        raise ValueError(f"There is no published network, file or study called {shown(target)}.{hint}")
    return found.architecture, found.num_classes, found.image_size


def _read(path: Path) -> Architecture:
    try:
        return Architecture.from_json(read_bounded(path, _MAX_BYTES))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _from_study(target: str, id_: str | None) -> tuple[Architecture, int, int, "Sequence[Deployed]", "Score | None"]:
    """And what the study measured and knows of it, where it came so far."""
    from modsearch.analysis import deployed_networks
    from modsearch.record import remeasured
    from modsearch.search import load_study, own_remeasurements

    study = load_study(target)
    trials = remeasured(study.trials(), own_remeasurements(study), study.spec)
    networks = {trial.architecture.id: trial.architecture for trial in trials if trial.architecture is not None}
    if id_ not in networks:
        asked = f"has no network {shown(id_)}" if id_ else "has many networks: give one of them with --id"
        raise ValueError(f"The study {shown(target)} {asked}.{nearest(id_ or '', networks)}")
    own = [trial for trial in trials if trial.architecture is not None and trial.architecture.id == id_ and trial.score]
    own.sort(key=lambda trial: (trial.state != "complete", trial.is_repeat))  # the one that the front shows
    score = own[0].score if own else None
    deployed = deployed_networks(score, study.spec) if score else ()
    deployment = next(iter(study.spec.deployments.values()))
    return networks[id_], study.spec.num_classes, deployment.image_size, deployed, score
