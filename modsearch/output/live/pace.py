"""How fast the steps of a training go, and how long the rest of them takes."""

from time import monotonic


class Pace:
    """What is seen of the steps since this start of a training.

    The first step is where the clock begins: what was there before, as the time to compile, is not to come again. The
    time left counts everything that happens between steps, as validation; images a second only the steps of an epoch.

    Args:
        num_epochs: in all.
        num_steps: of an epoch.
        images_per_step: of all processes together.
    """

    def __init__(self, num_epochs: int, num_steps: int, images_per_step: int) -> None:
        self._num_steps = num_steps
        self._total = num_epochs * num_steps
        self._images_per_step = images_per_step
        self._first: tuple[int, float] | None = None
        self._first_of_epoch = (0, 0, 0.0)
        self._last = 0

    def step(self, epoch_number: int, step: int) -> float:
        """A step was done; returns the time in seconds, from anywhere. It costs a microsecond."""
        now = monotonic()
        self._last = (epoch_number - 1) * self._num_steps + step
        if self._first is None:
            self._first = (self._last, now)
        if self._first_of_epoch[0] != epoch_number:
            self._first_of_epoch = (epoch_number, step, now)
        return now

    def images_per_second(self, step: int, now: float) -> float | None:
        """In the epoch at hand, of which so many steps are done; None before its second step here."""
        _, first, start = self._first_of_epoch
        return (step - first) * self._images_per_step / (now - start) if step > first and now > start else None

    def left_s(self) -> float | None:
        """Seconds until the last step; None before the second step here, and where no step is left."""
        if self._first is None or not self._first[0] < self._last < self._total:
            return None
        first, start = self._first
        return (monotonic() - start) / (self._last - first) * (self._total - self._last)
