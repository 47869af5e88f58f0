"""Which network is meant: a published one, that of a file, or one of a study."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modsearch.architecture import Architecture, published
from modsearch.file import read_bounded
from modsearch.message import must_be, nearest, shown

if TYPE_CHECKING:
    from modsearch.analysis import RefinedNetwork
    from modsearch.record import Score, Trial
    from modsearch.search import Study

TARGET_HELP = "Study, architecture file, name of a published network, or folder of a training or an export."
Id = Annotated[str | None, typer.Option("--id", help="Of a study: the network of this id.")]
Knee = Annotated[
    bool, typer.Option("--knee", help="Of a study: the network of the front beyond which accuracy costs most.")
]
Under = Annotated[
    str | None,
    typer.Option(metavar="METRIC=LIMIT", help="Of a study: the most accurate network below a limit."),
]
_MAX_BYTES = 1_000_000  # resnet152 has 4,000
_TASK_OF_STEM = {"cifar": (10, 32), "imagenet": (1000, 224)}


@dataclass(frozen=True)
class Choice:
    """How one network of a study is chosen; the most accurate one where nothing is said.

    Attributes:
        id: of the network.
        knee: the front's knee.
        under: a metric and its limit, ``METRIC=LIMIT``.
    """

    id: str | None = None
    knee: bool = False
    under: str | None = None

    def __post_init__(self) -> None:
        chosen = {"--id": self.id is not None, "--knee": self.knee, "--under": self.under is not None}
        given = [name for name, is_given in chosen.items() if is_given]
        if len(given) > 1:
            raise ValueError(f"{given[0]} must be given without {given[1]}.")

    @property
    def is_given(self) -> bool:
        """Whether anything was said."""
        return self != Choice()


@dataclass(frozen=True)
class Target:
    """The network that is meant.

    Attributes:
        architecture: the network.
        num_classes: outputs of its head.
        image_size: pixels of a side.
        study: that it was chosen of; None for a network without one.
        trials: the study's trials of it, the one first that the front shows.
    """

    architecture: Architecture
    num_classes: int
    image_size: int
    study: "Study | None" = None
    trials: "tuple[Trial, ...]" = ()

    def weights(self, target: str) -> Path:
        """Where the study keeps what the network was trained to.

        Args:
            target: what it was resolved from.

        Raises:
            ValueError: there is no study, or it has no weights of the network.
        """
        from modsearch.search import weights_path

        if self.study is None:
            raise ValueError(f"{shown(target)} is neither a study nor the folder of a training: it has no weights.")
        trial = self.trials[0]
        stored = self.study.folders().get(trial.number, Path(self.study.header.folder))
        path = weights_path(stored if "://" in target else Path(target), self.study.task(self.architecture))
        if trial.state != "complete" and not path.is_file():
            raise ValueError(f"Network {self.architecture.id!r} has no weights: its trial is {trial.state}.")
        return path


def resolve(target: str, choice: Choice, is_wanted: Callable[[Architecture], bool] = lambda _: True) -> Target:
    """The network that is meant.

    Args:
        target: a run's folder, ``URL#name``, an architecture file, the name of a published network, or the folder of
            a training or an export.
        choice: which one of a study.
        is_wanted: where nothing is chosen, the most accurate network of those is meant.

    Raises:
        ValueError: there is nothing of that name, or the study has no such network; the message names the nearest.
    """
    if "://" in target:
        return _of_study(target, choice, is_wanted)
    if Path(target).is_dir():
        return _of_folder(Path(target), choice) or _of_study(target, choice, is_wanted)
    if choice.is_given and not Path(target).is_file() and target not in published():
        return _of_study(target, choice, is_wanted)  # which says that there is no such folder
    _check_none(choice, target)
    path = Path(target)
    if path.is_file():
        architecture = _read(path)
        return Target(architecture, *_TASK_OF_STEM[architecture.stem])
    if path.suffix or len(path.parts) > 1:
        raise ValueError(f"There is no file {shown(target)}.")
    found = published().get(target)
    if found is None:
        hint = nearest(target, published())
        raise ValueError(f"There is no published network, file or study called {shown(target)}.{hint}")
    return Target(found.architecture, found.num_classes, found.image_size)


def _check_none(choice: Choice, target: str) -> None:
    if choice.is_given:
        raise ValueError(f"--id, --knee and --under choose a network of a study, and {shown(target)} is none.")


def _of_folder(folder: Path, choice: Choice) -> Target | None:
    """The network of a training or a bundle; None where the folder is neither."""
    from modsearch.bundle.config import ARCHITECTURE, CONFIG, read_config
    from modsearch.bundle.manifest import check_whole
    from modsearch.record.training_file import is_training, read_request, trainings_below

    if several := trainings_below(folder):
        raise ValueError(f"{shown(str(folder))} holds {len(several)} trainings: name one, such as {several[0]}.")
    if is_training(folder):
        _check_none(choice, str(folder))
        request = read_request(folder)
        return Target(request.architecture, len(request.class_names), request.recipe.size)
    if (folder / CONFIG).is_file() and (folder / ARCHITECTURE).is_file():
        _check_none(choice, str(folder))
        check_whole(folder)
        config = read_config(folder)
        return Target(_read(folder / ARCHITECTURE), len(config.class_names), config.image_size)
    return None


def score_of(study: "Study", id_: str) -> "Score | None":
    """What a study found out about a network, timings after the search among it; None where it has no such network."""
    own = _trials_of(study).get(id_, [])
    return next((trial.score for trial in own if trial.score is not None), None)


def refined_network(target: Target) -> "RefinedNetwork | None":
    """What trainings anew say of a network of a study; None where there are none."""
    from modsearch.search import refined

    info = refined(target.study) if target.study else None
    return next((one for one in info.networks if one.id == target.architecture.id), None) if info else None


def _read(path: Path) -> Architecture:
    try:
        return Architecture.from_json(read_bounded(path, _MAX_BYTES))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _of_study(target: str, choice: Choice, is_wanted: Callable[[Architecture], bool]) -> Target:
    from modsearch.search import load_study, without_password

    study = load_study(target)
    trials = _trials_of(study)
    id_ = _chosen(study, choice, is_wanted) if choice.id is None else choice.id
    if id_ not in trials:
        name = shown(without_password(target))
        raise ValueError(f"The study {name} has no network {shown(id_)}.{nearest(id_, trials)}")
    own = trials[id_]
    assert own[0].architecture is not None
    deployment = next(iter(study.spec.deployments.values()))
    return Target(own[0].architecture, study.spec.num_classes, deployment.image_size, study, tuple(own))


def _trials_of(study: "Study") -> "dict[str, list[Trial]]":
    """The trials of each network by its id, the one first that the front shows."""
    from modsearch.record import remeasured
    from modsearch.search import own_remeasurements

    found: dict[str, list[Trial]] = {}
    for trial in remeasured(study.trials(), own_remeasurements(study), study.spec):
        if trial.architecture is not None:
            found.setdefault(trial.architecture.id, []).append(trial)
    for own in found.values():
        own.sort(key=lambda trial: (trial.state != "complete", trial.is_repeat))
    return found


def _chosen(study: "Study", choice: Choice, is_wanted: Callable[[Architecture], bool]) -> str:
    """The id of a network by what it is worth."""
    from modsearch.analysis import knee, most_accurate, under
    from modsearch.search import own_front

    info = own_front(study)
    if choice.knee:
        return knee(info).id
    if choice.under is None:
        return most_accurate(info, is_wanted).id
    metric, _, text = choice.under.partition("=")
    try:
        limit = float(text)
    except ValueError:
        limit = float("nan")
    if not isfinite(limit):
        raise ValueError(must_be("--under", "METRIC=LIMIT, such as relative_latency=0.8", choice.under))
    return under(info, metric.strip(), limit).id
