"""StudySpec: everything that one YAML file says about a study."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture import (
    TIE_RULE,
    Architecture,
    Finite,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    preset,
    published,
)
from modsearch.message import must_be, one_of, parse
from modsearch.space.data import Data, Digits, ImageFolder
from modsearch.space.deployment import Deployment, TimingProtocol
from modsearch.space.executor import Executor, Local
from modsearch.space.fidelity import Fidelity
from modsearch.space.metric import check_metric, deployed_name, metric
from modsearch.space.space_union import Space

_VALUE = ConfigDict(frozen=True, extra="forbid")
# it names a folder: with an ending it stays below the 255 bytes of file systems, and Windows drops a last dot
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?$", max_length=100)]


FollowingControl = Literal["deleted", "random", "first", "first_scored"]


class Constraint(BaseModel):
    """A bound on a metric that is known before training. A network that breaks it is never trained.

    Attributes:
        metric: the name of the metric.
        max: the largest value allowed, in the metric's unit.
    """

    model_config = _VALUE

    metric: str
    max: Finite


class Budget(BaseModel):
    """When a search ends: at the first of the limits that are given.

    Attributes:
        trials: networks that were trained, or that screening stopped. Repeats, failures and violated constraints do
            not count.
        hours: search time, summed over all starts. The trial that is running when they are over is finished.
        plateau: a fraction; the search ends when the hypervolume grew by less than it in the last hour of search time.
        trial_hours: the longest that one trial may take; one that takes longer has failed. It ends no search.
    """

    model_config = _VALUE

    trials: PositiveInt | None = None
    hours: PositiveFloat | None = None
    plateau: PositiveFloat | None = Field(default=None, lt=1)
    trial_hours: Annotated[PositiveFloat, Field(le=10_000)] = 24.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.trials, self.hours, self.plateau) == (None, None, None):
            raise ValueError(must_be("budget", "at least one of trials, hours, plateau", self.model_dump()))
        return self


class StudySpec(BaseModel):
    """A study: what is searched, how it is scored, and when it ends.

    Attributes:
        name: the study's name, and its folder below ``runs/``.
        space: the networks that may be tried.
        reference: a plain published network; latencies are also given relative to it.
        deployments: what is timed, by name.
        timing: how long each network is timed at each of them.
        latency_tables: by deployment the file of ``modsearch latency-table`` that predicts latencies there; nothing is
            timed there then.
        fidelity: how proxies are trained.
        data: the images that they are trained on.
        objectives: the metrics to be traded against each other.
        constraints: bounds on metrics known before training.
        sampler: who proposes networks.
        seed_with: ``published`` tries the published networks that lie in the space first.
        controls: what follows a network that reaches the front, as long as it lies in the space: ``deleted``, the
            same network without its light blocks, such as MoD blocks; ``random``, ``first`` and ``first_scored``, the
            same with blocks that select so.
        margin: accuracies that are known to differ by less, as a fraction, are called equivalent; 0.01 is one point.
        executor: where trials run.
        screening: stop a training run as soon as the network cannot reach the front any more, by an optimistic bound
            on its accuracy. Published networks and controls are always trained to the end.
        budget: when the search ends.
        seed: of the sampler, the split, the order of images and the initial weights.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    name: Name
    space: Space
    reference: str
    deployments: dict[Name, Deployment] = Field(min_length=1, max_length=100)
    timing: TimingProtocol = TimingProtocol()
    latency_tables: dict[str, Path] = Field(default={}, max_length=100)
    fidelity: Fidelity
    data: Data = Digits()
    objectives: tuple[str, ...] = ("accuracy", "relative_latency")
    constraints: tuple[Constraint, ...] = Field(default=(), max_length=100)
    sampler: Literal["ehvi", "nsga2", "tpe", "random", "gp"] = "ehvi"
    seed_with: Literal["published", "none"] = "published"
    controls: tuple[FollowingControl, ...] = Field(default=("deleted",), max_length=4)
    screening: bool = True
    margin: Annotated[PositiveFloat, Field(le=0.5)] = 0.01
    executor: Executor = Local()
    budget: Budget
    seed: Annotated[NonNegativeInt, Field(lt=2**31)] = 0  # samplers take 32 bits, and add the number of trials

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_reference(self.reference)
        num_classes = {deployment.num_classes for deployment in self.deployments.values()}
        if len(num_classes) > 1:
            given = sorted(num_classes, key=str)
            raise ValueError(must_be("deployments", "of one num_classes: a study has one target", given))
        if len(self.objectives) < 2 or len(set(self.objectives)) < len(self.objectives):
            raise ValueError(must_be("objectives", "at least 2 different metrics", list(self.objectives)))
        if "accuracy" not in self.objectives:
            raise ValueError(must_be("objectives", "a list with accuracy in it", list(self.objectives)))
        for place in self.latency_tables:
            if place not in self.deployments:
                raise ValueError(must_be("latency_tables", f"by {one_of(self.deployments)}", place, self.deployments))
        for index, name in enumerate(self.objectives):
            check_metric(f"objectives[{index}]", name, self.deployments)
        for index, constraint in enumerate(self.constraints):
            path = f"constraints[{index}].metric"
            check_metric(path, constraint.metric, self.deployments)
            if metric(constraint.metric).is_trained:
                raise ValueError(must_be(path, "a metric that is known before training", constraint.metric))
        return self

    @property
    def directions(self) -> tuple[str, ...]:
        """``maximize`` or ``minimize`` for each objective."""
        return tuple(metric(name).direction for name in self.objectives)

    @property
    def cost(self) -> str:
        """The first objective beside accuracy, by which networks are called equally expensive."""
        return self.costs[0]

    @property
    def costs(self) -> tuple[str, ...]:
        """The objectives beside accuracy."""
        return tuple(name for name in self.objectives if name != "accuracy")

    @property
    def reference_architecture(self) -> Architecture:
        """The plain network that latencies are compared with."""
        return preset(self.reference).architecture

    @property
    def num_classes(self) -> int:
        """Outputs of the target's head, once they are known."""
        return next(iter(self.deployments.values())).num_outputs

    @property
    def is_timed_here(self) -> bool:
        """Whether networks are timed on the machine of the search: at a deployment without latency table or host."""
        return any(
            name not in self.latency_tables and deployment.host is None for name, deployment in self.deployments.items()
        )

    @property
    def hosted(self) -> Mapping[str, Deployment]:
        """The deployments that live on other machines, by name."""
        return {name: deployment for name, deployment in self.deployments.items() if deployment.host is not None}

    @property
    def timed_elsewhere(self) -> tuple[str, ...]:
        """The deployments at which other machines time every network: those without a latency table."""
        return tuple(name for name in self.hosted if name not in self.latency_tables)

    def fingerprint(self, data_hash: str, device: str) -> dict[str, str]:
        """A digest of each section that changes results: a study is resumed only under the same ones.

        Args:
            data_hash: content hash of the images, which stands for ``data``.
            device: where training runs.
        """
        fingerprint = {name: self.digest(name) for name in _CHANGES_RESULTS}
        others = {"data": data_hash, "training device": device, "rule for tied channels": TIE_RULE}
        return fingerprint | {name: _digest(value) for name, value in others.items()}

    def digest(self, section: str) -> str:
        """A digest of one section, without what it leaves at its default.

        Machines are told apart by the environments in which they time, not by their names.
        """
        deployments = {name: deployment.on_its_machine for name, deployment in self.deployments.items()}
        plain = self.model_copy(update={"deployments": deployments})
        return _digest(plain.model_dump(mode="json", include={section}, exclude_defaults=True).get(section))

    def with_num_classes(self, count: Callable[[Data], int]) -> "StudySpec":
        """The spec where deployments say how many classes the target has; else a copy that takes them from the data.

        Args:
            count: gives the number of classes of data.
        """
        if next(iter(self.deployments.values())).num_classes is not None:
            return self
        update = {"num_classes": count(self.data)}
        deployments = {name: known.model_copy(update=update) for name, known in self.deployments.items()}
        return self.with_overrides({"deployments": deployments})

    def with_latency_tables(self, tables: Mapping[str, Path]) -> "StudySpec":
        """A copy in which these predict: ``predicted_relative_latency`` takes the place of ``relative_latency`` there.

        Raises:
            ValueError: there is no such deployment.
        """
        names = {
            deployed_name("relative_latency", place, self.deployments): deployed_name(
                "predicted_relative_latency", place, self.deployments
            )
            for place in tables
        }
        constraints = tuple(
            constraint.model_copy(update={"metric": names.get(constraint.metric, constraint.metric)})
            for constraint in self.constraints
        )
        objectives = tuple(names.get(name, name) for name in self.objectives)
        changes = {"latency_tables": dict(tables), "objectives": objectives, "constraints": constraints}
        return self.with_overrides(changes)

    def with_images(self, path: Path) -> "StudySpec":
        """A copy that trains on the images of a folder; the share that is held out stays."""
        data = self.data if isinstance(self.data, ImageFolder) else ImageFolder()
        return self.model_copy(update={"data": data.model_copy(update={"path": path})})

    def anchored(self) -> "StudySpec":
        """A copy that names the same files from any working directory; ``~`` stays the home of whoever reads it."""
        data = self.data
        if isinstance(data, ImageFolder) and data.path is not None:
            data = data.model_copy(update={"path": _anchored(data.path)})
        tables = {name: _anchored(path) for name, path in self.latency_tables.items()}
        return self.model_copy(update={"data": data, "latency_tables": tables})

    def with_overrides(self, overrides: Mapping[str, Any]) -> "StudySpec":
        """A copy with other top-level fields.

        Raises:
            ValueError: they break a rule; the message names the field.
        """
        return parse(StudySpec, {**dict(self), **overrides})


_CHANGES_RESULTS = ("space", "reference", "deployments", "fidelity", "objectives", "seed")


def _check_reference(name: str) -> None:
    plain = [network.name for network in published().values() if network.architecture.num_light_blocks == 0]
    if name not in plain:
        raise ValueError(must_be("reference", f"a plain published network, {one_of(plain)}", name, plain))


def _anchored(path: Path) -> Path:
    return path if str(path).startswith("~") else path.absolute()


def _digest(section: object) -> str:
    return hashlib.sha256(json.dumps(section, sort_keys=True).encode()).hexdigest()[:12]
