"""Which metrics of a study come from tables."""

from pathlib import Path
from typing import Any

import pytest

from modsearch.record import latency_tables, latency_tables_digest, write_latency_table
from modsearch.space import StudySpec
from tests.conformance.tabulated import study_spec
from tests.record.tabled import table

TWO = {
    "cpu": {"image_size": 32, "num_classes": 10},
    "batch": {"image_size": 32, "num_classes": 10, "batch_size": 16},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_latency_table(table(), tmp_path / "table.json")
    return tmp_path / "table.json"


def predicted(path: Path, **changes: Any) -> StudySpec:
    return study_spec(**changes).with_latency_tables({"cpu": path})


def test_predictions_take_the_place_of_measurements(path: Path) -> None:
    spec = predicted(path, constraints=[{"metric": "relative_latency", "max": 0.8}, {"metric": "params", "max": 1e6}])
    assert spec.objectives == ("accuracy", "predicted_relative_latency")
    assert [constraint.metric for constraint in spec.constraints] == ["predicted_relative_latency", "params"]
    assert latency_tables(spec) == {"cpu": table()}


def test_only_at_the_deployment_of_the_table(path: Path) -> None:
    objectives = ["accuracy", "relative_latency@cpu", "relative_latency@batch"]
    spec = predicted(path, deployments=TWO, objectives=objectives)
    assert spec.objectives == ("accuracy", "predicted_relative_latency@cpu", "relative_latency@batch")
    assert latency_tables(spec) == {"cpu": table()}


def test_the_digest_is_that_of_the_content(path: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.json", tmp_path / "other.json"
    copy.write_bytes(path.read_bytes())
    write_latency_table(table(log_error=0.06), other)
    first, second, third = (latency_tables_digest(predicted(table_path)) for table_path in (path, copy, other))
    assert first == second != third
    assert set(first) == {"latency table"}
    assert latency_tables_digest(study_spec()) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"objectives": ["accuracy", "predicted_relative_latency"]},
            r"objectives\[1\] is predicted_relative_latency: latency_tables\.cpu or --latency-table must name",
        ),
        (
            {"constraints": [{"metric": "predicted_relative_latency", "max": 1}]},
            r"constraints\[0\]\.metric is predicted_relative_latency: latency_tables\.cpu",
        ),
    ],
)
def test_a_prediction_needs_a_table(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        latency_tables(study_spec(**changes))


@pytest.mark.parametrize("name", ["latency_ms", "latency_p90_ms"])
def test_nothing_is_timed_where_there_is_a_table(path: Path, name: str) -> None:
    rule = rf"objectives\[1\] must be predicted_relative_latency or another .* the latency table of cpu .* Got '{name}'"
    with pytest.raises(ValueError, match=rule):
        latency_tables(predicted(path, objectives=["accuracy", name]))


def test_a_table_must_be_complete_and_there(path: Path) -> None:
    write_latency_table(table(costs=[]), path)
    with pytest.raises(ValueError, match=r"^table\.json is not complete: modsearch latency-table goes on with it\.$"):
        latency_tables(predicted(path))
    path.unlink()
    with pytest.raises(ValueError, match=r"^There is no latency table"):
        latency_tables(predicted(path))


def test_a_table_of_no_deployment_is_refused() -> None:
    rule = r"latency_tables must be by one of cpu\. Got 'cpus' instead\. Did you mean 'cpu'\?"
    with pytest.raises(ValueError, match=rule):
        study_spec().with_latency_tables({"cpus": Path("table.json")})
