"""``modsearch train``."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modsearch.cli.candidate import Candidate, candidates, read_controls
from modsearch.cli.launched import launched, quiet_unless_first
from modsearch.cli.target import TARGET_HELP, Choice, Id, Knee, Under
from modsearch.cli.trained import Trained, keep_latency, show
from modsearch.message import must_be, parse

if TYPE_CHECKING:
    import torch
    from rich.console import Console

    from modsearch.cli.target import Target
    from modsearch.images import Material
    from modsearch.record import Epoch, OnEpoch, TrainingRequest, TrainingResult
    from modsearch.space import Data, Recipe
    from modsearch.training.world import World

_BUNDLED = ("digits", "cifar10", "cifar100")


@dataclass(frozen=True)
class _Order:
    """What is trained, on what and how.

    Attributes:
        networks: one after the other.
        recipe: with image size.
        data: the images.
        out: the folder; each network has one of its own below it where there are several.
        interval_s: time between two checkpoints.
        events: write TensorBoard events.
    """

    networks: tuple[Candidate, ...]
    recipe: "Recipe"
    data: "Data"
    out: Path
    interval_s: float
    events: bool

    @property
    def names(self) -> list[str]:
        return [network.name for network in self.networks]

    def folder(self, name: str) -> Path:
        return self.out / name if len(self.networks) > 1 else self.out


def command(
    target: Annotated[str, typer.Argument(help=TARGET_HELP)],
    recipe: Annotated[str, typer.Option(help="Recipe: name of an included one, or YAML file.")],
    out: Annotated[Path, typer.Option(help="Folder to write: new or empty, or that of this training, to go on.")],
    data: Annotated[
        str | None,
        typer.Option(help="Image folder, or digits, cifar10 or cifar100. [default: the study's data]"),
    ] = None,
    id_: Id = None,
    knee: Knee = False,
    under: Under = None,
    with_: Annotated[
        str | None,
        typer.Option(
            "--with", metavar="NAMES", help="Train these beside it: deleted, reference, or deleted,reference."
        ),
    ] = None,
    all_front: Annotated[bool, typer.Option("--all-front", help="Of a study: train its whole front.")] = False,
    processes: Annotated[int, typer.Option(min=1, max=1024, help="Processes that train together.")] = 1,
    device: Annotated[str | None, typer.Option(help="Device to train on. [default: cuda if available]")] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Epochs to train instead of the recipe's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Seed to use instead of the recipe's.")] = None,
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0, help="Time between two checkpoints: what a kill costs at most.")
    ] = 120.0,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write TensorBoard events.")] = False,
) -> None:
    """Train a network in full.

    Run the same command again to go on where it stopped. Of a study it is the most accurate network of the front,
    unless you choose another one.
    """
    choice = Choice(id_, knee, under)
    if all_front and choice.is_given:
        raise ValueError("--all-front must be given without --id, --knee and --under.")
    how = _read_recipe(recipe, {"epochs": epochs, "seed": seed})
    controls = read_controls(with_)
    chosen, networks = candidates(target, choice, controls, all_front)
    sized = how.model_copy(update={"image_size": how.image_size or chosen.image_size})
    order = _Order(networks, sized, _data(data, chosen), out, checkpoint_seconds, tensorboard)
    _run(order, chosen, processes, device)


def _read_recipe(name: str, changes: "Mapping[str, int | None]") -> "Recipe":
    """The recipe of that name or file, with what the command line says."""
    from modsearch.bundle.manifest import check_whole
    from modsearch.space import Recipe, load_recipe

    known = {field: value for field, value in changes.items() if value is not None}
    recipe = parse(Recipe, dict(load_recipe(name)) | known, "recipe")
    check_whole(Path(recipe.init).expanduser())  # where it begins with the weights of an export
    return recipe


def _data(given: str | None, chosen: "Target") -> "Data":
    """The images that are meant: those of ``--data``, else those of the study."""
    from modsearch.space import Cifar, Digits, ImageFolder

    if given is None:
        if chosen.study is None:
            raise ValueError("--data must be given: an image folder, or digits, cifar10 or cifar100.")
        return chosen.study.spec.anchored().data
    if given in _BUNDLED and not Path(given).is_dir():
        return Digits() if given == "digits" else Cifar(kind="cifar10" if given == "cifar10" else "cifar100")
    known = chosen.study.spec.data if chosen.study else None
    folder = known if isinstance(known, ImageFolder) else ImageFolder()
    return folder.model_copy(update={"path": Path(given).absolute()})


def _run(order: _Order, chosen: "Target", num_processes: int, device: str | None) -> None:
    """Train here, or in processes that the launcher starts, each of which comes here again."""
    from modsearch.models.device import default_device, torch_device
    from modsearch.training.folder import check_out
    from modsearch.training.request import check_batch
    from modsearch.training.world import ALONE, is_launched, joined

    if order.events:
        from modsearch.training.events import check_tensorboard

        check_tensorboard()
    where = torch_device(device or default_device())
    has_others = num_processes > 1 or is_launched()
    if has_others and str(where).startswith("cuda:"):
        raise ValueError(must_be("--device", "cpu or cuda where several processes train", str(where)))
    if is_launched():
        with quiet_unless_first(), joined(where) as world:
            _train_alone(order, chosen, world.device(where), world)
        return
    check_batch(order.recipe, num_processes)
    check_out(order.out, order.names)
    if num_processes == 1:
        _train_alone(order, chosen, where, ALONE)
    else:
        launched(num_processes, where)


def _train_alone(order: _Order, chosen: "Target", device: "torch.device", world: "World") -> None:
    """Train while no other command does in this folder: the first process holds its lock."""
    from modsearch.training.folder import alone_in, check_out
    from modsearch.training.request import check_batch

    check_batch(order.recipe, world.size)
    if world.is_first:
        check_out(order.out, order.names)
    if device.type == "cpu":
        order = replace(order, recipe=_with_threads(order.recipe, world))
    with alone_in(order.out) if world.is_first else nullcontext():
        _train(order, chosen, device, world)


def _with_threads(recipe: "Recipe", world: "World") -> "Recipe":
    """With the number of threads, on which the last bits of a training on CPUs depend."""
    from modsearch.machine import num_cpus

    return recipe.model_copy(update={"threads": world.agree(recipe.threads or num_cpus())})


def _train(order: _Order, chosen: "Target", device: "torch.device", world: "World") -> None:
    """Train one network after the other, and show what they are worth."""
    from modsearch.output import steady_console
    from modsearch.training.initial import initial_model
    from modsearch.training.request import make_request, read_material

    console = steady_console()
    with console.status("reading images") as status:
        material = read_material(
            order.data,
            order.recipe,
            device,
            world,
            lambda done, total: status.update(f"decoding images: {done} of {total}"),
        )
    _check_classes(material.class_names, chosen)
    console.print(_told(material), highlight=False)
    requests = [
        make_request(network.name, network.origin, network.architecture, order.recipe, order.data, material)
        for network in order.networks
    ]
    if order.recipe.init != "random":
        for request in requests:  # none is trained for hours before another one cannot begin
            initial_model(request)
    found = [(request, _train_one(request, material, order, device, world, console)) for request in requests]
    if world.is_first:
        results = [Trained(request, result, order.folder(request.name)) for request, result in found]
        keep_latency(results, chosen)
        show(results, order.out, console)


def _check_classes(class_names: Sequence[str], chosen: "Target") -> None:
    if chosen.study is not None and len(class_names) != chosen.num_classes:
        rule = f"images of {chosen.num_classes} classes, as the study's"
        raise ValueError(must_be("--data", rule, f"{len(class_names)} classes"))


def _told(material: "Material") -> str:
    judged = material.train.num_validation
    held_out = 0 if material.held_out is None else material.held_out.num_validation
    chooses = f"{judged} choose the epoch" if judged else "the last epoch is kept"
    rest = f"{held_out} held-out images are read once, at the end" if held_out else "no images are held out"
    return f"{material.num_train} training images; {chooses}; {rest}"


def _train_one(
    request: "TrainingRequest",
    material: "Material",
    order: _Order,
    device: "torch.device",
    world: "World",
    console: "Console",
) -> "TrainingResult":
    """Train one network, or go on with it."""
    from modsearch.machine import num_cpus
    from modsearch.machine.contention import giving_way
    from modsearch.models.device import keep_freed_memory, pinned_threads
    from modsearch.output import TrainingDisplay
    from modsearch.search import SearchFailed
    from modsearch.training import Diverged
    from modsearch.training.full import Site, train_in_full
    from modsearch.training.loop import deterministic

    recipe, is_cpu = order.recipe, device.type == "cpu"
    display = TrainingDisplay(console, request.name, recipe.epochs, material.train.num_batches, recipe.batch_size)
    keep_freed_memory()
    with (
        display,
        _events(order, request.name, material.train.num_batches * recipe.batch_size, world) as on_epoch,
        pinned_threads(world.threads(recipe.threads or num_cpus())),
        deterministic(is_cpu),
        giving_way() if is_cpu else nullcontext(),
    ):

        def note(number: int, epoch: "Epoch") -> None:
            display.on_epoch(number, epoch)
            on_epoch(number, epoch)

        folder = order.folder(request.name)
        site = Site(folder, device, world, note, display.on_step, order.interval_s)
        try:
            return train_in_full(request, material, site)
        except Diverged as error:
            raise SearchFailed(f"{request.name}: {error}. A lower learning rate may help.") from None


@contextmanager
def _events(order: _Order, name: str, num_images: int, world: "World") -> "Iterator[OnEpoch]":
    """Where epochs are noted for TensorBoard, if that is asked for."""
    if not order.events or not world.is_first:
        yield lambda number, epoch: None
        return
    from modsearch.training.events import Events

    with Events(order.folder(name), num_images) as events:
        yield events.on_epoch
