"""A study that predicts latencies is gone on with under the same table only."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modsearch.architecture import Architecture
from modsearch.record import LatencyTable, Score, write_latency_table
from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from modsearch.space import StudySpec
from tests.conformance.tabulated import SMALL_SPACE, TabulatedEvaluator, study_spec
from tests.record.tabled import cost, table

SPEC = study_spec(space=SMALL_SPACE, budget={"trials": 4})
COSTS = [
    *(cost("frame", None, None, 0.4), cost("standard", 0, None, 0.1)),
    *(cost("mod", 0, 4, 0.02), cost("run", 0, None, 0.01)),
]


@dataclass
class Predictor(TabulatedEvaluator):
    """The tabulated evaluator with predicted latencies."""

    table: LatencyTable = field(default_factory=table)

    def measure(self, architecture: Architecture) -> Score:
        measured = super().measure(architecture)
        predicted = {"predicted_relative_latency": self.table.predict(architecture)}
        return Score(metrics=predicted | {"params": measured.metrics["params"]})


def search(spec: StudySpec, found: LatencyTable, folder: Path) -> None:
    evaluator = Predictor(table=found, environment=found.environment)
    with open_run(spec, evaluator, RunPlace(folder)) as study:
        LocalExecutor(study, evaluator, folder).run()


def write(path: Path, **changes: object) -> tuple[StudySpec, LatencyTable]:
    found = table(space_digest=SPEC.digest("space"), costs=COSTS, **changes)
    write_latency_table(found, path)
    return SPEC.with_latency_tables({"cpu": path}), found


def test_a_search_on_predictions(tmp_path: Path) -> None:
    spec, found = write(tmp_path / "table.json")
    search(spec, found, tmp_path / "run")
    study = load_study(str(tmp_path / "run"))
    trials = [trial for trial in study.trials() if trial.state == "complete" and not trial.is_repeat]
    assert len(trials) == 4
    for trial in trials:
        assert trial.architecture is not None
        assert trial.score is not None
        assert trial.score.metrics["predicted_relative_latency"] == found.predict(trial.architecture)
        assert trial.score.timed == {}
    assert study.header.environments == {"predicted_relative_latency": found.environment}
    assert study.header.self_check == {}
    assert study.header.hypervolume_reference[1] == pytest.approx(0.4 + 0.1 + 0.03)


def test_it_is_resumed_with_the_same_table_only(tmp_path: Path) -> None:
    spec, found = write(tmp_path / "table.json")
    search(spec, found, tmp_path / "run")
    moved = tmp_path / "moved.json"
    moved.write_bytes((tmp_path / "table.json").read_bytes())
    search(spec.with_latency_tables({"cpu": moved}), found, tmp_path / "run")
    other_spec, other = write(tmp_path / "other.json", log_error=0.06)
    with pytest.raises(ValueError, match="Study table was started with another latency table:"):
        search(other_spec, other, tmp_path / "run")


def test_measured_and_predicted_latencies_are_not_mixed(tmp_path: Path) -> None:
    spec, found = write(tmp_path / "table.json")
    search(spec, found, tmp_path / "run")
    measured = open_run(SPEC, TabulatedEvaluator(), RunPlace(tmp_path / "run"))
    with pytest.raises(ValueError, match="Study table was started with another objectives:"), measured:
        pass


def test_a_broken_table_is_told_before_anything_is_written(tmp_path: Path) -> None:
    spec, found = write(tmp_path / "table.json")
    (tmp_path / "table.json").write_text("{")
    with pytest.raises(ValueError, match=r"^The latency table '.*table\.json' cannot be read"):
        search(spec, found, tmp_path / "run")
