"""Where the trials of a search run."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modsearch.architecture import NonNegativeInt, PositiveFloat, PositiveInt

_VALUE = ConfigDict(frozen=True, extra="forbid")


class Local(BaseModel):
    """One trial after the other, in the process of the search.

    Attributes:
        is_here: trainings run in the process of the search.
    """

    model_config = _VALUE

    is_here: ClassVar[bool] = True

    kind: Literal["local"] = "local"


class Probe(BaseModel):
    """What is reserved for timing, and for nothing else: a node, or a device of one.

    Attributes:
        cpus: logical CPUs that Ray sets aside.
        gpus: GPUs that it sets aside; whole ones, for nothing may run beside a timing.
        resource: what the operator gave to one node (``ray start --resources '{"probe": 1}'``), of which 1 is taken;
            None for any node.
    """

    model_config = _VALUE

    cpus: PositiveFloat = 1
    gpus: NonNegativeInt = 0
    resource: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=100)] | None = None

    @property
    def resources(self) -> dict[str, float]:
        """What it takes, by Ray's names."""
        own = {} if self.resource is None else {self.resource: 1.0}
        return {"CPU": self.cpus, "GPU": self.gpus} | own


class Ray(BaseModel):
    """Trials on the workers of a Ray cluster.

    Attributes:
        is_here: trainings run in the process of the search.
        address: of the cluster, such as ``auto`` or ``10.0.0.1:6379``; None starts one on this machine.
        workers: trials at a time at most; None for as many as fit into the cluster.
        cpus_per_trial: logical CPUs that Ray sets aside for a trial; None for as many as a training has threads
            (``fidelity.threads``), or 1 beside a GPU. The threads are the same however many CPUs these are.
        gpus_per_trial: GPUs that it takes: 0.5 puts two trials on a GPU. Ray parts neither memory nor time of it.
        max_failures: how often a trial is started again whose worker died; then the network has failed.
        probe: where latencies are measured. ``turns``: on the machine of the search, and nothing trains meanwhile.
    """

    model_config = _VALUE

    is_here: ClassVar[bool] = False

    kind: Literal["ray"] = "ray"
    address: str | None = None
    workers: PositiveInt | None = None
    cpus_per_trial: PositiveFloat | None = None
    gpus_per_trial: Annotated[float, Field(ge=0, le=64)] = 0
    max_failures: NonNegativeInt = 2
    probe: Probe | Literal["turns"] = "turns"

    @model_validator(mode="before")
    @classmethod
    def _read_first_release(cls, data: Any) -> Any:
        """Leave out ``trials_per_visit``, which studies of release 0.1 have: results never depended on it."""
        return (
            {name: value for name, value in data.items() if name != "trials_per_visit"}
            if isinstance(data, dict)
            else data
        )

    @property
    def resources(self) -> dict[str, float]:
        """What a trial takes, by Ray's names."""
        return {"CPU": self.cpus_per_trial or 1, "GPU": self.gpus_per_trial}


Executor = Annotated[Local | Ray, Field(discriminator="kind")]
