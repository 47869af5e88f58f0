"""Where trainings run: the options of the verbs that train many networks."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from modsearch.space import StudySpec

Kind = Annotated[str | None, typer.Option(help="Where trials run: local or ray. [default: the study's]")]
Address = Annotated[
    str | None, typer.Option(help="Address of a Ray cluster: auto or HOST:PORT. [default: start one here]")
]
Workers = Annotated[int | None, typer.Option(min=1, help="With ray: trials at a time. [default: as many as fit]")]
CpusPerTrial = Annotated[
    float | None, typer.Option(help="With ray: CPUs per trial. [default: its threads; 1 beside a GPU]")
]
GpusPerTrial = Annotated[float | None, typer.Option(help="With ray: GPUs per trial, such as 0.5. [default: 0]")]


def ray_fields(
    address: str | None, workers: int | None, cpus_per_trial: float | None, gpus_per_trial: float | None
) -> dict[str, Any]:
    """The settings of Ray that were given."""
    given = {
        "address": address,
        "workers": workers,
        "cpus_per_trial": cpus_per_trial,
        "gpus_per_trial": gpus_per_trial,
    }
    return {name: value for name, value in given.items() if value is not None}


def with_executor(spec: "StudySpec", kind: str | None, fields: dict[str, Any]) -> "StudySpec":
    """The spec with the executor of the command line; its other settings are the space's, if it has the same one."""
    kind = kind or spec.executor.kind
    if fields and kind == "local":
        raise ValueError(f"--{next(iter(fields)).replace('_', '-')} needs --executor ray.")
    same = spec.executor.model_dump() if spec.executor.kind == kind else {}
    return spec.with_overrides({"executor": same | fields | {"kind": kind}})
