"""Comparison: a published network beside what its paper prints of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modsearch.architecture import Published
from modsearch.record.measurement import Environment, Measurement
from modsearch.record.profile import Count
from modsearch.space import Deployment

RATIOS = (("mod", "plain"), ("deleted", "plain"), ("mod", "deleted"))


@dataclass(frozen=True)
class Comparison:
    """A published network, counted and timed.

    Attributes:
        network: what it is, and what the paper prints of it.
        deployment: where it was timed; image size and classes are those of its published task.
        counted: parameters and GMACs.
        plain: the plain network that a MoD network is set beside; None for a plain network.
        ratios: latency of one form / another by their names: ``mod`` the network, ``plain`` the one that it is set
            beside, ``deleted`` the network without its MoD blocks. Empty where nothing was timed.
        latency_ms: milliseconds a batch by the form's name.
        ending: why timing ended, see ``Timed``; None where nothing was timed.
    """

    network: Published
    deployment: Deployment
    counted: Count
    plain: Published | None = None
    ratios: Mapping[tuple[str, str], Measurement] = field(default_factory=dict)
    latency_ms: Mapping[str, Measurement] = field(default_factory=dict)
    ending: str | None = None

    @property
    def environment(self) -> Environment | None:
        """Where it was timed."""
        return next((ratio.environment for ratio in self.ratios.values()), None)

    @property
    def printed_cpu_ratio(self) -> float | None:
        """MoD / plain from the paper's milliseconds on its CPU; None where it does not print both."""
        return None if self.plain is None else _ratio(self.network.printed.cpu_ms, self.plain.printed.cpu_ms)

    @property
    def printed_gpu_ratio(self) -> float | None:
        """Likewise on its GPU."""
        return None if self.plain is None else _ratio(self.network.printed.gpu_ms, self.plain.printed.gpu_ms)


def _ratio(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value / other
