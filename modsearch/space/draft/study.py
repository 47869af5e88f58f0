"""The study that a request and a training make."""

from modsearch.message import must_be, parse
from modsearch.space.draft.around import space_around
from modsearch.space.draft.request import Request
from modsearch.space.draft.training import Training, make_fidelity
from modsearch.space.executor import Local, Ray
from modsearch.space.metric import deployed_name
from modsearch.space.spec import Budget, StudySpec


def draft_study(request: Request, training: Training, trials: int | None = None) -> StudySpec:
    """A study of one training and so many networks; None for those that the hours allow.

    Raises:
        ValueError: a deployment has smaller images than the network takes, or a name that no deployment has.
    """
    _check_sizes(request)
    latencies = (deployed_name("relative_latency", name, request.deployments) for name in request.deployments)
    hours = float(f"{request.hours * request.num_workers:.6g}")
    return parse(
        StudySpec,
        {
            "name": request.name,
            "space": space_around(request.network),
            "reference": request.network.name,
            "deployments": dict(request.deployments),
            "fidelity": make_fidelity(request, training),
            "data": request.data,
            "objectives": ("accuracy", *latencies),
            "executor": Ray(gpus_per_trial=1) if request.is_on_ray else Local(),
            "budget": Budget(trials=trials, hours=hours),
        },
    )


def _check_sizes(request: Request) -> None:
    architecture = request.network.architecture
    least = architecture.table.min_image_size(architecture.stem, len(architecture.stages))
    for name, deployment in request.deployments.items():
        if deployment.image_size < least:
            rule = f"at least {least} for {request.network.name}"
            raise ValueError(must_be(f"deployments.{name}.image_size", rule, deployment.image_size))
