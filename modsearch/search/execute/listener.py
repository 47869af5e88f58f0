"""What a search tells whoever watches it."""

from modsearch.architecture import Architecture
from modsearch.record import Epoch, Score, Trial
from modsearch.search.store.header import Header


class Listener:
    """Hears of every step; does nothing. A display overrides what it shows."""

    def on_start(self, trials: list[Trial]) -> None:
        """The search begins, or goes on after these trials."""

    def on_trial(self, number: int, architecture: Architecture) -> None:
        """A network was proposed that is not in the record."""

    def on_measured(self, number: int, score: Score) -> None:
        """Its cheap metrics are known."""

    def on_epoch(self, number: int, epoch_number: int, epoch: Epoch) -> None:
        """Its proxy finished an epoch."""

    def on_waiting(self, number: int) -> None:
        """Its proxy is trained, and another machine still times it."""

    def on_note(self, text: str) -> None:
        """Something happened beside the trials that whoever watches should know."""

    def on_header(self, header: Header) -> None:
        """What the study knows about itself has changed: the corner of its hypervolume is fixed."""

    def on_end(self, trial: Trial) -> None:
        """Its trial was told."""
