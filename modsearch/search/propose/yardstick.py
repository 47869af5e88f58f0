"""Yardsticks: networks that others are held against, which screening never stops."""

from collections.abc import Iterable

from modsearch.architecture import Architecture, published
from modsearch.record import Trial
from modsearch.space import StudySpec


class Yardsticks:
    """The published networks that come first, the reference, and the controls of networks that reached the front.

    Args:
        spec: the study.

    Attributes:
        seeds: the published networks, whether or not they lie in the space.
    """

    def __init__(self, spec: StudySpec) -> None:
        self.seeds = [preset.architecture for preset in published().values()] if spec.seed_with == "published" else []
        self._controls = spec.controls
        self._ids = {network.id for network in self.seeds} | {spec.reference_architecture.id}

    def __contains__(self, architecture: Architecture) -> bool:
        return architecture.id in self._ids

    def add_controls(self, members: Iterable[Trial]) -> list[Architecture]:
        """The controls of networks that reached the front; they are yardsticks from now on."""
        networks = [member.architecture for member in members if member.architecture and self._controls]
        found = [network.controls() for network in networks]
        controls = [forms[name] for forms in found for name in dict.fromkeys(self._controls) if name in forms]
        self._ids |= {control.id for control in controls}
        return controls
