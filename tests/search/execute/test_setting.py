"""Which failures are a network's own, and which every network would meet."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import Architecture
from modsearch.record import OnEpoch, Score, Task, Trained
from modsearch.search import SearchFailed
from modsearch.search.error import SettingFailed
from modsearch.search.execute.setting import CheckedEvaluator
from modsearch.search.execute.time_limit import TrialTimeout
from tests.conformance.executor import Run
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

SPEC = study_spec(budget={"trials": 4})
CHEAPEST, COSTLIEST = SPEC.space.cheapest(), SPEC.space.costliest()


class Breaking(TabulatedEvaluator):
    """Raises what it is told to, by the network."""

    def __init__(self, error: Callable[[Architecture], Exception | None]) -> None:
        super().__init__()
        self.error = error

    def measure(self, architecture: Architecture) -> Score:
        found = super().measure(architecture)
        self._break(architecture)
        return found

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        self._break(task.architecture)
        return super().train(task, on_epoch)

    def _break(self, architecture: Architecture) -> None:
        if error := self.error(architecture):
            raise error


class Resumed(TabulatedEvaluator):
    """Cannot train the costliest network, and removes the checkpoint of a training that an error ends."""

    def __init__(self) -> None:
        super().__init__()
        self.removed: list[str] = []

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        if task.architecture == COSTLIEST:
            raise ValueError("a hole")
        try:
            return super().train(task, on_epoch)
        except Exception:
            self.removed.append(task.architecture.id)
            raise


class Untrainable(Breaking):
    """Measures, and cannot train."""

    def measure(self, architecture: Architecture) -> Score:
        return TabulatedEvaluator.measure(self, architecture)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run("local", tmp_path / "run")


def test_what_every_network_meets_ends_the_search_at_the_first_one(run: Run) -> None:
    said = "more than 1 value per channel"
    with pytest.raises(SettingFailed, match=rf"^No network can be trained, neither .* nor .*: ValueError: {said}\. "):
        run.search(SPEC, Untrainable(lambda _: ValueError(said)))
    [begun] = run.trials()
    assert begun.reason == "interrupted"
    evaluator = TabulatedEvaluator()
    assert run.search(SPEC, evaluator) == "trials"
    assert begun.architecture is not None
    assert evaluator.trained[0] == begun.architecture.id
    assert len(run.trials("complete")) == 4


def test_a_bad_network_that_comes_first_fails_alone(run: Run) -> None:
    seen: list[str] = []

    def first_is_bad(architecture: Architecture) -> Exception | None:
        seen.append(architecture.id)
        return ValueError("a hole") if architecture.id == seen[0] else None

    assert run.search(SPEC, Untrainable(first_is_bad)) == "trials"
    [failed] = run.trials("failed")
    assert failed.reason == "ValueError: a hole"
    assert len(run.trials("complete")) == 4


def test_what_went_well_once_is_not_doubted_any_more(run: Run) -> None:
    evaluator = TabulatedEvaluator(fault="exception", fault_at=(2, 3))
    assert run.search(SPEC, evaluator) == "trials"
    assert len(run.trials("failed")) == 2
    assert len(evaluator.trained) == 6  # no other network was tried


def test_a_folder_that_is_gone_is_no_networks_fault_at_any_time(run: Run) -> None:
    class Gone(TabulatedEvaluator):
        def train(self, *arguments: Any, **named: Any) -> Trained:
            if len(self.trained) == 2:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/tmp/modsearch-x")
            return super().train(*arguments, **named)

    with pytest.raises(SearchFailed, match=r"This machine fails, not the network: FileNotFoundError.*modsearch-x"):
        run.search(SPEC, Gone())
    assert len(run.trials("complete")) == 2
    assert run.trials()[2].reason == "interrupted"
    assert run.search(SPEC) == "trials"


@pytest.mark.parametrize(
    "error",
    [MemoryError("no room"), RuntimeError("CUDA out of memory"), TrialTimeout("slow"), ArithmeticError("loss is nan")],
)
def test_memory_time_and_divergence_say_nothing_about_others(error: Exception) -> None:
    evaluator = Untrainable(lambda _: error)
    tried: list[str] = []
    evaluator.error = lambda network: (tried.append(network.id), error)[1]
    with pytest.raises(type(error)):
        CheckedEvaluator(evaluator, SPEC).train(Task(architecture=COSTLIEST, fidelity=SPEC.fidelity))
    assert tried == [COSTLIEST.id]


def test_another_network_is_tried_also_where_the_cheapest_fails() -> None:
    checked = CheckedEvaluator(Untrainable(lambda _: KeyError("stem")), SPEC)
    with pytest.raises(SettingFailed, match=f"neither {CHEAPEST.id} nor {COSTLIEST.id}: KeyError"):
        checked.train(Task(architecture=CHEAPEST, fidelity=SPEC.fidelity))


def test_another_error_of_another_network_proves_nothing() -> None:
    checked = CheckedEvaluator(Untrainable(lambda net: KeyError("a") if net == COSTLIEST else ValueError("b")), SPEC)
    with pytest.raises(KeyError):
        checked.train(Task(architecture=COSTLIEST, fidelity=SPEC.fidelity))


@pytest.mark.parametrize(
    "error", [RuntimeError("Timing failed: no compiler"), FileNotFoundError(2, "No usable temporary directory")]
)
def test_a_reference_that_cannot_be_measured_ends_the_search(run: Run, error: Exception) -> None:
    with pytest.raises(SettingFailed, match=rf"cannot be measured here: {type(error).__name__}: .*{error.args[-1]}\. "):
        run.search(SPEC, Breaking(lambda _: error))
    assert run.search(SPEC) == "trials"


def test_a_network_that_is_judged_while_it_trains_was_trained() -> None:
    """What whoever listens raises is no failure."""
    evaluator = TabulatedEvaluator()

    class Enough(Exception):  # noqa: N818
        pass

    def stop(*_: object) -> None:
        raise Enough

    with pytest.raises(Enough):
        CheckedEvaluator(evaluator, SPEC).train(Task(architecture=COSTLIEST, fidelity=SPEC.fidelity), stop)
    assert evaluator.trained == [COSTLIEST.id]


def test_a_network_that_is_tried_to_find_out_keeps_its_checkpoint() -> None:
    evaluator = Resumed()
    with pytest.raises(ValueError, match="a hole"):
        CheckedEvaluator(evaluator, SPEC).train(Task(architecture=COSTLIEST, fidelity=SPEC.fidelity))
    assert evaluator.trained == [CHEAPEST.id]
    assert evaluator.removed == []
