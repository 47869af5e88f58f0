"""Refinement: networks trained anew with fresh seeds, to tell which of them belong on a front."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from modsearch.architecture import Architecture
from modsearch.record.measurement import Score
from modsearch.record.task import Task
from modsearch.space import Fidelity

_VALUE = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

Role = Literal["member", "near", "chosen", "published", "drawn", "ladder", "control"]
"""Why a network is trained anew: it is on the search's front, or may be by the noise of its score; somebody asked for
it; it was published; it was drawn at random over latency, to see how far the proxy is to be believed; it is one of the
plain networks that others are held against at their latency; or it is a control of another one."""
Control = Literal["deleted", "random", "first", "first_scored", "narrow"]
"""A network with MoD blocks, and its blocks left out; their channels drawn once, or the first ones, or those scaled by
their scores; or narrow blocks in their place, for an equal latency."""
CONTROLS: tuple[Control, ...] = get_args(Control)


class Planned(BaseModel):
    """A network that is trained anew.

    Attributes:
        architecture: the network.
        roles: why.
        control_of: id of each network that it is a control of -> which one.
    """

    model_config = _VALUE

    architecture: Architecture
    roles: tuple[Role, ...] = Field(min_length=1)
    control_of: dict[str, Control] = {}

    @property
    def id(self) -> str:
        """Of the network."""
        return self.architecture.id


class RefinementPlan(BaseModel):
    """What is trained anew at one fidelity. It is fixed before the first training, so that no result chooses it.

    Only what somebody asks for by name, and controls, may join later.

    Attributes:
        fidelity: how each of them is trained.
        networks: each once.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    fidelity: Fidelity
    networks: tuple[Planned, ...] = Field(max_length=10_000)

    def network(self, architecture_id: str) -> Planned:
        """The network of this id, which is in the plan."""
        return next(network for network in self.networks if network.id == architecture_id)

    def having(self, *roles: Role) -> Iterator[Planned]:
        """The networks that have one of these roles."""
        return (network for network in self.networks if not set(roles).isdisjoint(network.roles))

    def controls_of(self, architecture_id: str) -> dict[Control, Planned]:
        """The controls of a network, in the order in which they are named."""
        found = {
            network.control_of[architecture_id]: network
            for network in self.networks
            if architecture_id in network.control_of
        }
        return {kind: found[kind] for kind in CONTROLS if kind in found}

    def with_network(
        self, architecture: Architecture, role: Role, control_of: Mapping[str, Control] = MappingProxyType({})
    ) -> "RefinementPlan":
        """A copy in which this network has this role too."""
        control_of = dict(control_of)
        for index, known in enumerate(self.networks):
            if known.id == architecture.id:
                roles = known.roles if role in known.roles else (*known.roles, role)
                again = known.model_copy(update={"roles": roles, "control_of": known.control_of | control_of})
                networks = (*self.networks[:index], again, *self.networks[index + 1 :])
                return self.model_copy(update={"networks": networks})
        one = Planned(architecture=architecture, roles=(role,), control_of=control_of)
        return self.model_copy(update={"networks": (*self.networks, one)})


class Refined(BaseModel):
    """What one training anew gave.

    Attributes:
        task: which network, how and with which replicate it was trained.
        score: accuracy, curve and bits; and what was measured of a network that the search had not scored.
        seconds: that it took.
    """

    model_config = _VALUE

    schema_version: Literal[1] = 1
    task: Task
    score: Score
    seconds: Annotated[float, Field(ge=0, le=1e9)] = 0.0
