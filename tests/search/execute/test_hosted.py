"""A search whose networks are timed on another machine while they are trained here."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from modsearch.record import OnEpoch, Score, Task, Trained, Trial
from modsearch.search import Hosts, Listener, LocalExecutor, RunPlace, SearchFailed, load_study, open_run
from modsearch.search.execute.assignment import Assignment, Outcome, train
from modsearch.search.retime.host import Host
from modsearch.space import StudySpec
from tests.conformance.remeasured import ELSEWHERE, remeasured_score
from tests.conformance.tabulated import SMALL_SPACE, TabulatedEvaluator, study_spec
from tests.integration.ssh_server import ALIAS
from tests.search.execute.hosted import LATENCY, HereEvaluator, hosted_spec
from tests.search.retime.conftest import Elsewhere, box, elsewhere, ssh_server

pytestmark = pytest.mark.slow
__all__ = ["box", "elsewhere", "ssh_server"]


class SlowEvaluator(HereEvaluator):
    """A machine has been given up before a training ends."""

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        time.sleep(3.0)
        return super().train(task, on_epoch)


class PatientEvaluator(HereEvaluator):
    """A training lasts until it is told that it may end."""

    def __init__(self) -> None:
        super().__init__()
        self.may_end = threading.Event()

    def train(self, task: Task, on_epoch: OnEpoch | None = None) -> Trained:
        assert self.may_end.wait(50)
        return super().train(task, on_epoch)


class Notes(Listener):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def on_note(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.search.retime.host._PAUSES_S", (0.2,))
    monkeypatch.setattr("modsearch.search.execute.loop._LOOK_S", 0.05)


def search(spec: StudySpec, evaluator: HereEvaluator, folder: Path, notes: Notes | None = None) -> None:
    notes = notes or Notes()
    with Hosts(spec, notes.on_note) as hosts, open_run(spec, evaluator, RunPlace(folder), hosts) as study:
        LocalExecutor(study, evaluator, folder, notes, hosts).run()


def break_off(spec: StudySpec, evaluator: HereEvaluator, folder: Path, elsewhere: Elsewhere) -> None:
    """A search that ends because its machine goes away and does not come back."""
    with Hosts(spec) as hosts, open_run(spec, evaluator, RunPlace(folder), hosts) as study:
        elsewhere.server.stop()
        with pytest.raises(SearchFailed, match="cannot be reached"):
            LocalExecutor(study, evaluator, folder, hosts=hosts).run()


def complete(folder: Path) -> list[Trial]:
    return [trial for trial in load_study(str(folder)).trials() if trial.state == "complete" and not trial.is_repeat]


def test_each_network_has_both_latencies(elsewhere: Elsewhere, tmp_path: Path) -> None:
    spec, evaluator = hosted_spec(elsewhere), HereEvaluator()
    search(spec, evaluator, tmp_path)
    trials = complete(tmp_path)
    assert len(trials) == 5
    for trial in trials:
        assert trial.architecture
        assert trial.score
        there = remeasured_score(trial.architecture).metrics["relative_latency"]
        assert trial.score.metrics[LATENCY] == there
        assert {"accuracy", "relative_latency@cpu", "params"} < trial.score.metrics.keys()
        assert trial.score.timed.keys() == {"cpu", "box"}
    header = load_study(str(tmp_path)).header
    assert header.environments[LATENCY] == ELSEWHERE
    assert LATENCY in header.self_check
    costliest = remeasured_score(spec.space.members[""].costliest()).metrics["relative_latency"]
    assert header.hypervolume_reference[1] == costliest.value
    first = [spec.reference_architecture.id, spec.space.members[""].costliest().id]
    assert elsewhere.timed[:2] == first
    assert Counter(elsewhere.timed[2:]) == Counter(trial.architecture.id for trial in trials if trial.architecture)


def test_networks_are_trained_while_they_are_timed(elsewhere: Elsewhere, tmp_path: Path) -> None:
    spec = hosted_spec(elsewhere)
    elsewhere.order("slow", "0.5")
    evaluator = HereEvaluator(elsewhere=elsewhere)
    search(spec, evaluator, tmp_path)
    # the reference, the costliest network, and at most the first of the five: nothing waited for it
    assert max(evaluator.timed_by_then) <= 3
    assert len(complete(tmp_path)) == 5


def test_a_search_does_not_run_far_ahead_of_a_slow_machine(elsewhere: Elsewhere, tmp_path: Path) -> None:
    spec = hosted_spec(
        elsewhere, space=hosted_spec(elsewhere).space.model_dump() | {"c": [2, 4, 8]}, budget={"trials": 8}
    )
    elsewhere.order("slow", "0.3")
    evaluator = HereEvaluator(elsewhere=elsewhere)
    search(spec, evaluator, tmp_path)
    trials = complete(tmp_path)
    assert len(trials) == 8
    assert evaluator.timed_by_then[6] >= 4  # five wait at most: the seventh began once two were timed


def test_what_cannot_be_timed_there_has_failed(elsewhere: Elsewhere, tmp_path: Path) -> None:
    spec = hosted_spec(elsewhere, budget={"trials": 2})
    evaluator = HereEvaluator()
    with Hosts(spec) as hosts, open_run(spec, evaluator, RunPlace(tmp_path), hosts) as study:
        elsewhere.order("miss")
        assert LocalExecutor(study, evaluator, tmp_path, hosts=hosts).run() == "exhausted"
    failed = [trial for trial in load_study(str(tmp_path)).trials() if trial.state == "failed" and not trial.is_repeat]
    assert len(failed) == 5
    assert failed[0].reason == f"NotTimed: box on {elsewhere.host}: RuntimeError: no room for it"


def test_a_bound_on_its_latency_there_is_kept(elsewhere: Elsewhere, tmp_path: Path) -> None:
    spec = hosted_spec(elsewhere, constraints=[{"metric": LATENCY, "max": 0.45}], budget={"trials": 5})
    search(spec, HereEvaluator(), tmp_path)
    pruned = [trial for trial in load_study(str(tmp_path)).trials() if trial.state == "pruned" and not trial.is_repeat]
    assert len(pruned) == 2  # S M S and S S M in the first stage, which cost 5.5 of 10
    for trial in pruned:
        assert trial.reason == f"{LATENCY} is 0.55, over 0.45"
        assert trial.score
        assert trial.score.metrics[LATENCY].value == pytest.approx(0.55)
        assert not trial.is_screened
    frozen = load_study(str(tmp_path)).optuna_study.get_trials()
    assert [frozen[trial.number].constraints[LATENCY] for trial in pruned] == pytest.approx([0.1, 0.1])
    assert len(complete(tmp_path)) + len(pruned) == 5


def test_what_waits_is_not_trained_again(elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "patience_s", 1.0)
    spec, evaluator, notes = hosted_spec(elsewhere), HereEvaluator(), Notes()
    with Hosts(spec, notes.on_note) as hosts, open_run(spec, evaluator, RunPlace(tmp_path), hosts) as study:
        elsewhere.server.stop()
        told = f"{elsewhere.host} cannot be reached.*the same command goes on"
        with pytest.raises(SearchFailed, match=told):
            LocalExecutor(study, evaluator, tmp_path, notes, hosts).run()
    assert notes.texts[0].endswith("It is waited for, 0.0166667 minutes at most.")
    assert len(evaluator.trained) >= 1
    assert complete(tmp_path) == []
    elsewhere.server.start()
    search(spec, evaluator, tmp_path)
    assert len(complete(tmp_path)) == 5
    assert Counter(evaluator.trained).most_common(1)[0][1] == 1
    weights = {path.name.partition("-")[0] for path in (tmp_path / "weights").iterdir()}
    assert weights == {trial.architecture.id for trial in complete(tmp_path) if trial.architecture}


def test_what_is_trained_when_its_machine_is_given_up_is_kept(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Host, "patience_s", 0.2)
    spec, evaluator = hosted_spec(elsewhere, budget={"trials": 1}), SlowEvaluator()
    break_off(spec, evaluator, tmp_path, elsewhere)
    elsewhere.server.start()
    search(spec, evaluator, tmp_path)
    assert len(evaluator.trained) == 1
    [trial] = complete(tmp_path)
    assert trial.seconds > 0  # of the timing here: the training counts for the trial that did it


def test_a_machine_that_came_back_is_asked_again(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Host, "patience_s", 0.2)
    spec, evaluator = hosted_spec(elsewhere, budget={"trials": 1}), PatientEvaluator()
    with Hosts(spec) as hosts, open_run(spec, evaluator, RunPlace(tmp_path), hosts) as study:
        elsewhere.server.stop()

        def come_back() -> None:
            time.sleep(1.5)  # its network was given up by then
            elsewhere.server.start()
            hosts.measure(spec.reference_architecture)  # it answers: that may take seconds
            evaluator.may_end.set()

        thread = threading.Thread(target=come_back)
        thread.start()
        LocalExecutor(study, evaluator, tmp_path, hosts=hosts).run()
        thread.join()
    assert len(complete(tmp_path)) == 1


def test_a_machine_that_came_back_as_another_one_ends_the_search(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, evaluator = hosted_spec(elsewhere, budget={"trials": 1}), HereEvaluator()
    with Hosts(spec) as hosts, open_run(spec, evaluator, RunPlace(tmp_path), hosts) as study:
        elsewhere.order("machine", "Table C")
        told = rf"box was timed on Table B.*; {elsewhere.host} is Table C.* now\. Latencies of two environments"
        with pytest.raises(SearchFailed, match=told):
            LocalExecutor(study, evaluator, tmp_path, hosts=hosts).run()
    assert complete(tmp_path) == []


def test_a_late_violation_ends_a_training() -> None:
    bound = {"metric": "relative_latency", "max": 0.1}
    spec = study_spec(constraints=[bound], fidelity={"image_size": 32, "epochs": 9})
    evaluator, network = TabulatedEvaluator(), study_spec(space=SMALL_SPACE).space.members[""].cheapest()
    heard: list[int] = []

    def late() -> Score | None:
        return remeasured_score(network) if len(heard) == 3 else None

    task = Task(architecture=network, fidelity=spec.fidelity)
    measured = Outcome(0, "running", Score(metrics={}))
    outcome = train(Assignment(0, task), measured, spec, evaluator, lambda number, _: heard.append(number), late)
    assert heard == [1, 2, 3]
    assert (outcome.state, outcome.reason) == ("pruned", "relative_latency is 0.3, over 0.1")
    assert outcome.score
    assert outcome.score.learning_curve == ()


def test_without_its_weights_it_is_trained_again(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Host, "patience_s", 0.5)
    spec, evaluator = hosted_spec(elsewhere, budget={"trials": 1}), HereEvaluator()
    break_off(spec, evaluator, tmp_path, elsewhere)
    for path in (tmp_path / "weights").iterdir():
        path.unlink()
    elsewhere.server.start()
    search(spec, evaluator, tmp_path)
    [trial] = complete(tmp_path)
    assert trial.architecture
    assert evaluator.trained.count(trial.architecture.id) == 2
    assert len(list((tmp_path / "weights").iterdir())) == 1


def test_a_cut_connection_costs_no_trial(elsewhere: Elsewhere, tmp_path: Path) -> None:
    spec, notes = hosted_spec(elsewhere), Notes()
    elsewhere.order("slow", "0.3")

    def cut() -> None:
        while len(elsewhere.timed) < 4:
            time.sleep(0.02)
        elsewhere.server.cut()

    thread = threading.Thread(target=cut)
    thread.start()
    search(spec, HereEvaluator(), tmp_path, notes)
    thread.join()
    assert len(complete(tmp_path)) == 5
    assert Counter(elsewhere.timed).most_common(1)[0][1] > 1  # what was timed as it was cut
    assert not [
        trial for trial in load_study(str(tmp_path)).trials() if trial.state == "failed" and not trial.is_repeat
    ]


def test_another_machine_under_the_same_name_is_refused(elsewhere: Elsewhere, tmp_path: Path) -> None:
    spec = hosted_spec(elsewhere, budget={"trials": 1})
    search(spec, HereEvaluator(), tmp_path)
    elsewhere.order("machine", "Table C")
    with pytest.raises(ValueError, match=rf"measured {LATENCY} on Table B.*this is Table C"):
        search(spec, HereEvaluator(), tmp_path)


def test_another_name_of_the_same_machine_goes_on(elsewhere: Elsewhere, tmp_path: Path) -> None:
    search(hosted_spec(elsewhere, budget={"trials": 1}), HereEvaluator(), tmp_path)
    elsewhere.host = ALIAS
    search(hosted_spec(elsewhere, budget={"trials": 2}), HereEvaluator(), tmp_path)
    assert len(complete(tmp_path)) == 2


def test_two_deployments_on_one_machine_share_it(elsewhere: Elsewhere, tmp_path: Path) -> None:
    more = {"batch1": elsewhere.deployment(batch_size=1).model_dump()}
    deployments = {name: known.model_dump() for name, known in hosted_spec(elsewhere).deployments.items()} | more
    spec = hosted_spec(elsewhere, deployments=deployments, budget={"trials": 2})
    elsewhere.order("slow", "0.2")
    search(spec, HereEvaluator(), tmp_path)
    assert len(elsewhere.timed) == 2 * 4
    for trial in complete(tmp_path):
        assert trial.score
        assert {LATENCY, "relative_latency@batch1"} < trial.score.metrics.keys()
