"""A small latency table, written by hand."""

from typing import Any

from modsearch.record import Environment, LatencyTable
from tests.conformance.tabulated import study_spec

ENVIRONMENT = Environment(device="Table A", threads=1, software="formula 1")
SPEC = study_spec()
FAMILY = "resnet_basic cifar 16-32-64"
COSTS: dict[tuple[str, int | None, int | None], float] = {
    ("frame", None, None): 0.4,
    ("standard", 0, None): 0.1,
    ("standard", 1, None): 0.08,
    ("mod", 0, 4): 0.03,
    ("run", 0, None): 0.02,
}


def cost(kind: str, stage: int | None, k: int | None, value: float) -> dict[str, Any]:
    part = {"family": FAMILY, "kind": kind, "stage": stage, "k": k, "form": ""}
    return {"part": part, "value": value, "low": value - 0.01, "high": value + 0.01}


def table(**changes: Any) -> LatencyTable:
    """Of ``SPEC``'s space; 95 % of what it predicts lie within a factor of exp(0.05)."""
    fields = {
        "study": SPEC.name,
        "space_digest": SPEC.digest("space"),
        "deployment": SPEC.deployments["cpu"],
        "reference": SPEC.reference,
        "protocol": SPEC.timing,
        "environment": ENVIRONMENT,
        "networks": [
            {
                "architecture": SPEC.reference_architecture,
                "role": "calibration",
                "relative_latency": 1.0,
                "low": 0.99,
                "high": 1.01,
            }
        ],
        "costs": [cost(*key, value) for key, value in COSTS.items()],
        "log_error": 0.05,
    }
    return LatencyTable.model_validate(fields | changes)
