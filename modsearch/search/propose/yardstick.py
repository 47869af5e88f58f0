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
        self.seeds = [each.architecture for each in published().values()] if spec.seed_with == "published" else []
        self._has_controls = "deleted" in spec.controls
        self._ids = {each.id for each in self.seeds} | {spec.reference_architecture.id}

    def __contains__(self, architecture: Architecture) -> bool:
        return architecture.id in self._ids

    def add_controls(self, members: Iterable[Trial]) -> list[Architecture]:
        """The deleted forms of MoD networks that reached the front; they are yardsticks from now on."""
        networks = [each.architecture for each in members if each.architecture and self._has_controls]
        controls = [each.without_mod() for each in networks if each.num_mod_blocks]
        self._ids |= {each.id for each in controls}
        return controls
