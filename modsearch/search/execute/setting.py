"""Setting: whether a network failed because of itself, or because every network would."""

from collections.abc import Callable
from typing import TypeVar

from modsearch.architecture import Architecture
from modsearch.message import is_out_of_memory
from modsearch.record import Epoch, OnEpoch, Score, Task, Trained
from modsearch.search.error import SearchFailed, SettingFailed, is_disk_full, one_line
from modsearch.search.evaluator import Evaluator
from modsearch.search.execute.time_limit import TrialTimeout
from modsearch.space import StudySpec

Found = TypeVar("Found")


class CheckedEvaluator:
    """An evaluator that finds out whether a failure is the network's own.

    An error of the system, such as a folder that is gone, never is. Where nothing of its kind has worked yet, another
    network of the space is tried: should it fail likewise, so would all. Want of memory or time and numbers that
    diverge depend on the network, and prove nothing.

    Args:
        evaluator: does the work.
        spec: the study.
    """

    def __init__(self, evaluator: Evaluator, spec: StudySpec) -> None:
        self.evaluator, self.spec = evaluator, spec
        self._trusted: set[str] = set()  # kinds of work that need no check any more

    @property
    def data_hash(self) -> str:
        """Content hash of the training images."""
        return self.evaluator.data_hash

    @property
    def num_classes(self) -> int:
        """Number of classes of the training images."""
        return self.evaluator.num_classes

    def measure(self, architecture: Architecture) -> Score:
        """As the evaluator does. Raises SettingFailed where every network would fail."""
        measure = self.evaluator.measure
        return self._checked("measured", architecture, lambda: measure(architecture), measure)

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        """As the evaluator does. Raises SettingFailed where every network would fail."""
        train = self.evaluator.train

        def hear(number: int, epoch: Epoch) -> None:
            self._trusted.add("trained")
            if on_epoch is not None:
                on_epoch(number, epoch)

        def work() -> Trained:
            return train(task, hear)

        def try_other(other: Architecture) -> object:
            return train(task.model_copy(update={"architecture": other, "continues": None}), _stop)

        return self._checked("trained", task.architecture, work, try_other)

    def _checked(
        self,
        kind: str,
        architecture: Architecture,
        work: Callable[[], Found],
        try_other: Callable[[Architecture], object],
    ) -> Found:
        try:
            found = work()
        except OSError as error:
            if is_out_of_memory(error) or is_disk_full(error):
                raise
            raise SettingFailed(f"This machine fails, not the network: {one_line(error)}") from error
        except Exception as error:
            if kind in self._trusted or _is_own(error):
                raise
            self._trusted.add(kind)
            other = self._other(architecture)
            if other is not None and _fails_likewise(error, other, try_other):
                raise SettingFailed(
                    f"No network can be {kind}, neither {architecture.id} nor {other.id}: {one_line(error)}"
                ) from error
            raise
        self._trusted.add(kind)
        return found

    def _other(self, architecture: Architecture) -> Architecture | None:
        """The cheapest network of the space, or else the costliest; None where there is no other one."""
        members = self.spec.space.members.values()
        ends = (*(member.cheapest() for member in members), *(member.costliest() for member in members))
        return next((network for network in ends if network.id != architecture.id), None)


class _Works(BaseException):
    """A network was trained for an epoch. No Exception: to a training that is an interruption, not an error."""


def _stop(_number: int, _epoch: Epoch) -> None:
    raise _Works


def _fails_likewise(error: Exception, other: Architecture, attempt: Callable[[Architecture], object]) -> bool:
    try:
        attempt(other)
    except _Works:
        return False
    except TrialTimeout:
        raise
    except Exception as another:
        return type(another) is type(error) and not _is_own(another)
    return False


def _is_own(error: Exception) -> bool:
    """Whether an error says nothing about other networks."""
    return isinstance(error, SearchFailed | TrialTimeout | ArithmeticError) or is_out_of_memory(error)
