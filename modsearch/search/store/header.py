"""Header: what a study knows about itself, as its storage keeps it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Finite
from modsearch.message import parse
from modsearch.record import Environment, Measurement
from modsearch.search.store.validation import check_corner
from modsearch.search.store.version import up_to_date
from modsearch.space import StudySpec

HEADER = "modsearch"
"""The user attribute of a study that holds it."""


class Header(BaseModel):
    """What a study knows about itself.

    Attributes:
        spec: as the search was last started.
        fingerprint: digest of each section that changes results.
        folder: where spec.yaml and the weights are, but for trials that name another one.
        environments: metric -> where latencies are measured.
        self_check: relative latencies of the reference network timed against itself when the search was last started.
        hypervolume_reference: the worst accuracy of the first design, and the costliest network's value of each other
            objective. Chance accuracy until that design is over; in studies of the first release, always.
        first_design: how many networks must be trained before the accuracy there is fixed; 0 where it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    spec: StudySpec
    fingerprint: dict[str, str]
    folder: str
    environments: dict[str, Environment]
    self_check: dict[str, Measurement] = {}
    hypervolume_reference: tuple[Finite, ...] = ()
    first_design: Annotated[int, Field(ge=0, le=10_000)] = 0

    def corner(self, accuracies: Sequence[float]) -> tuple[float, ...]:
        """The point down to which hypervolume is taken: with the worst of these accuracies until it is fixed."""
        if not self.first_design or not accuracies:
            return self.hypervolume_reference
        reference = zip(self.spec.objectives, self.hypervolume_reference, strict=True)
        return tuple(min(accuracies) if name == "accuracy" else value for name, value in reference)


def read_header(stored: object, path: str) -> Header:
    """A stored header of any version up to ours; ValueError for any other."""
    stored = up_to_date(Header, stored, path)
    if isinstance(stored, dict) and "spec" in stored:
        stored = stored | {"spec": up_to_date(StudySpec, stored["spec"], f"{path}.spec")}
    header = parse(Header, stored, path)
    if any(deployment.num_classes is None for deployment in header.spec.deployments.values()):
        raise ValueError(f"{path}.spec.deployments must say num_classes.")
    check_corner(header.hypervolume_reference, header.spec, f"{path}.hypervolume_reference")
    return header
