"""``modsearch new``."""

import os
import re
import shlex
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from modsearch.cli.place import threads_here, warn_of_threads
from modsearch.cli.search import with_data
from modsearch.machine import num_cpus
from modsearch.message import must_be

if TYPE_CHECKING:
    from modsearch.architecture import Published
    from modsearch.record import Survey
    from modsearch.space import ImageFolder, StudySpec
    from modsearch.space.draft import Fit, ImageFacts, Request

_SUFFIXES = (".yaml", ".yml")
_GPU = {"device": "cuda", "batch_size": 32}
_MOST_THREADS = 8  # of a training: more gain little on small networks
_MOST_HOURS = 10_000
_NUM_DRAWS = 200  # networks, which tell whose weights the space asks for
_BACKBONE_HELP = "Plain published network to search around, such as resnet50, or a family, such as resnet_basic."
_PLACE_HELP = (
    "What to time: NAME:FIELD=VALUE,FIELD=VALUE with the fields of a deployment, or gpu or cpu alone. Repeatable. "
    "[default: gpu if there is one, else cpu]"
)


def command(
    file: Annotated[Path, typer.Argument(help="YAML file to write.")],
    data: Annotated[Path, typer.Option(help="Image folder, with a folder for each class.")],
    backbone: Annotated[str, typer.Option(help=_BACKBONE_HELP)],
    deployment: Annotated[list[str] | None, typer.Option(metavar="NAME[:FIELD=VALUE,...]", help=_PLACE_HELP)] = None,
    hours: Annotated[float, typer.Option(help="Hours that the search may take.")] = 8.0,
    device: Annotated[str | None, typer.Option(help="Device to train on. [default: cuda if available]")] = None,
) -> None:
    """Write a study for a folder of your own images.

    Looks at the images, trains a few networks for a few seconds each, and writes a study that fits images, machine and
    hours, with a comment beside every choice.
    """
    from modsearch.space.draft import check_backbone_name, read_deployments

    _check(file, hours)
    check_backbone_name(backbone)
    given = read_deployments(deployment or [], {"gpu": _GPU, "cpu": {"threads": num_cpus()}})

    from modsearch.images import survey
    from modsearch.models.device import default_device, torch_device
    from modsearch.output import draft_lines, draft_remarks
    from modsearch.space.draft import choose_network, write_study

    trains_on = device or default_device()
    torch_device(trains_on)
    with Console(stderr=True).status("looking at images") as status:
        found = survey(data, lambda done, total: status.update(f"looking at images: {done} of {total}"))
        network = choose_network(backbone, found.usual_side)
        images = _images(data, found, network)
        request = _request(file, network, given or _usual(trains_on), images, trains_on, hours)
    _check_here(request, trains_on)
    with Console(stderr=True).status("looking for pretrained weights") as status:
        is_pretrained, missing = _pretrained(network, found)
        request = replace(request, is_pretrained=is_pretrained)
        fitted = _fit(request, trains_on, status.update)
    options = {"--data": [str(data)], "--backbone": [backbone], "--deployment": deployment or []}
    options |= {"--hours": [f"{hours:g}"], "--device": [device] if device else []}
    words = [word for option, values in options.items() for value in values for word in (option, value)]
    where = ["--device", device] if device else []
    commands = shlex.join(["modsearch", "new", str(file), *words]), shlex.join(["modsearch", "plan", str(file), *where])
    text = write_study(request, fitted.spec, draft_remarks(found, request, fitted, commands, missing))
    _write(file, text)
    for line in (*draft_lines(found, request, fitted, missing), f"Written. Next: {commands[1]}"):
        Console().print(line, soft_wrap=True, highlight=False, markup=False)


def _write(file: Path, text: str) -> None:
    """Whole or not at all; nothing is written over, also where it came up meanwhile."""
    with file.open("x", encoding="utf-8") as sink:
        try:
            sink.write(text)
            sink.flush()
        except OSError:
            file.unlink()
            raise


def _check(file: Path, hours: float) -> None:
    """Raise ValueError where the file cannot be written, or the hours are none."""
    if file.suffix not in _SUFFIXES:
        raise ValueError(must_be("FILE", "a name that ends in .yaml", str(file)))
    if not file.parent.is_dir():
        raise ValueError(f"There is no folder {str(file.parent)!r} for the study.")
    if file.exists() or file.is_symlink():
        raise ValueError(must_be("FILE", "a new file: nothing is written over one that is there", str(file)))
    if not os.access(file.parent, os.W_OK):
        raise ValueError(must_be("FILE", "in a folder that you may write to", str(file)))
    if not 0 < hours <= _MOST_HOURS:
        raise ValueError(must_be("--hours", f"a number above 0, at most {_MOST_HOURS:,}", hours))


def _usual(device: str) -> dict[str, dict[str, Any]]:
    """What is timed where nothing is said."""
    import torch

    if device.startswith("cuda") or torch.cuda.is_available():
        return {"gpu": _GPU | ({"device": device} if device.startswith("cuda") else {})}
    return {"cpu": {"threads": num_cpus()}}


def _images(folder: Path, found: "Survey", network: "Published") -> "tuple[ImageFolder, ImageFacts]":
    """The data, and what decides about them; ValueError where a class has too few images to train on."""
    from modsearch.images import count_images
    from modsearch.space import Fidelity, ImageFolder
    from modsearch.space.draft import ImageFacts, target_size

    path = folder if str(folder).startswith("~") else folder.absolute()
    data = ImageFolder.model_validate({"path": path} | ({"holdout": found.holdout} if found.holdout else {}))
    count = count_images(data, Fidelity(image_size=target_size(network, found.usual_side), epochs=1))
    return data, ImageFacts(count.classes, count.train, count.smallest_class, found.usual_side)


def _request(
    file: Path,
    network: "Published",
    places: Mapping[str, Mapping[str, Any]],
    images: "tuple[ImageFolder, ImageFacts]",
    device: str,
    hours: float,
) -> "Request":
    """What the study is drafted for."""
    import torch

    from modsearch.space.draft import Request, target_size, with_image_size

    data, facts = images
    return Request(
        name=_name(file.stem),
        network=network,
        deployments=with_image_size(places, target_size(network, facts.side)),
        data=data,
        images=facts,
        is_gpu=device.startswith("cuda"),
        threads=min(_MOST_THREADS, num_cpus()),
        num_workers=torch.cuda.device_count() if device == "cuda" else 1,
        is_pretrained=False,
        hours=hours,
    )


def _name(stem: str) -> str:
    """A name for the study, of letters and digits that every file system takes."""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).strip("_.-")[:100].rstrip(".") or "study"


def _check_here(request: "Request", device: str) -> None:
    """Raise ValueError where this machine lacks a device or a runtime, before weights are downloaded."""
    from modsearch.scoring import LocalEvaluator
    from modsearch.space.draft import draft_study, trainings

    spec = draft_study(request, trainings(request)[0])
    warn_of_threads(threads_here(spec, device))
    LocalEvaluator(spec, device)


def _pretrained(network: "Published", found: "Survey") -> tuple[bool, str]:
    """Whether proxies start from torchvision's weights; and where they should and cannot, why."""
    from modsearch.models.pretrained_file import pretrained_weights
    from modsearch.models.torchvision_weights import torchvision_source
    from modsearch.space.draft import FEW_IMAGES, space_around

    if network.architecture.stem != "imagenet" or found.usual_class >= FEW_IMAGES:
        return False, ""
    space, generator = space_around(network), Random(0)
    drawn = (space.decode(space.draw(generator)) for _ in range(_NUM_DRAWS))
    try:
        for source in sorted({torchvision_source(one) for one in (space.cheapest(), space.costliest(), *drawn)}):
            pretrained_weights(source)
    except OSError as error:
        return False, str(error)
    return True, ""


def _fit(request: "Request", device: str, on_step: Callable[[str], None]) -> "Fit":
    """The study that fits the hours, by a few networks that are trained for a few seconds."""
    from modsearch.scoring import LocalEvaluator, make_plan
    from modsearch.search import SearchFailed
    from modsearch.space.draft import Cost, draft_study, fit, trainings

    timed = trainings(request)[0]
    spec = with_data(draft_study(request, timed), None)
    try:
        usual = make_plan(LocalEvaluator(spec, device), on_step).usual
    except RuntimeError as error:
        raise SearchFailed(f"A timed trial failed with {type(error).__name__}: {error}") from None
    on_step("timing on other machines")
    return fit(request, timed, Cost(usual.measure_s, usual.train_s, _away_s(spec)))


def _away_s(spec: "StudySpec") -> float:
    """Seconds that a network is timed on other machines; 0 where there are none, or none can be reached now."""
    from modsearch.search import Hosts, SearchFailed

    start = time.perf_counter()
    with Hosts(spec) as hosts:
        try:
            for _ in hosts.check({}):
                start = time.perf_counter()  # to connect is done once
            hosts.measure(spec.reference_architecture)
        except SearchFailed as error:
            typer.echo(f"modsearch: {error} Its time is not counted.", err=True)
            return 0.0
    return time.perf_counter() - start if spec.timed_elsewhere else 0.0
