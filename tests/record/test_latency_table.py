"""Latency tables: what they predict, how they are stored, whose they are."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from modsearch.architecture import Architecture, MoD, Standard
from modsearch.record import LatencyTable, read_latency_table, write_latency_table
from tests.conformance.tabulated import study_spec
from tests.record.tabled import ENVIRONMENT, FAMILY, SPEC, table

S, M = Standard(), MoD(c=4)


def network(*stages: tuple[Standard | MoD, ...]) -> Architecture:
    return Architecture(backbone="resnet_basic", stem="cifar", widths=(16, 32, 64), stages=stages)


def test_a_prediction_is_the_sum_of_the_parts() -> None:
    found = table().predict(network((S, M, S, M, M), (S, S, S), (S,)))
    assert found.value == pytest.approx(0.4 + 0.1 + 3 * 0.03 + 2 * 0.02 + 2 * 0.08)
    assert math.log(found.high / found.value) == pytest.approx(0.05)
    assert math.log(found.value / found.low) == pytest.approx(0.05)
    assert (found.unit, found.environment, found.num_samples) == ("x reference", ENVIRONMENT, 1)


def test_the_reference_is_1_whatever_its_parts() -> None:
    found = table().predict(SPEC.reference_architecture)  # it has blocks in a stage of which the table knows none
    assert (found.value, found.low, found.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("other", "missing"),
    [
        (network((S,), (S,), (S, S)), f"standard block in stage 2 of {FAMILY}"),
        (network((S, MoD(c=8)), (S,), (S,)), f"mod block in stage 0 of {FAMILY}, k 2"),
        (network((S, MoD(c=4, position="last")), (S,), (S,)), f"stage 0 of {FAMILY}, k 4, position last"),
        (network((S,), (S,), (S,)).with_width(2), "frame of resnet_basic cifar 32-64-128"),
    ],
)
def test_a_block_that_was_not_measured_is_named(other: Architecture, missing: str) -> None:
    with pytest.raises(ValueError, match=rf"^The latency table of table has no .*{missing}: it was not measured\.$"):
        table().predict(other)


def test_a_sum_below_0_is_no_latency() -> None:
    costs = [{"part": {"family": FAMILY, "kind": "frame"}, "value": -1.0, "low": -2.0, "high": 0.0}]
    with pytest.raises(ValueError, match=r"gives a latency of -1 for"):
        table(costs=costs).predict(network((S,), (S,), (S,)))


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    write_latency_table(table(), path)
    assert read_latency_table(path) == table()
    assert read_latency_table(path).digest == table().digest
    assert [file.name for file in tmp_path.iterdir()] == ["table.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"log_error": 0.06},
        {"costs": []},
        {"study": "other"},
        {"environment": {"device": "B", "threads": 1, "software": "f"}},
    ],
)
def test_the_digest_is_over_all(change: dict[str, Any]) -> None:
    assert len(table().digest) == 12
    assert table(**change).digest != table().digest


def refuse(path: Path, **changes: Any) -> str:
    path.write_text(json.dumps(table().model_dump(mode="json") | changes))
    with pytest.raises(ValueError, match=path.name) as error:
        read_latency_table(path)
    return str(error.value)


def test_bad_files_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    with pytest.raises(
        ValueError, match=r"^There is no latency table '.*table.json': modsearch latency-table measures"
    ):
        read_latency_table(path)
    assert "is of version 2, and this modsearch reads versions up to 1" in refuse(path, schema_version=2)
    assert "table.json has no field 'cost'" in refuse(path, cost=3)
    assert "table.json.log_error must be" in refuse(path, log_error=-1)
    doubled = table().model_dump(mode="json")["costs"] * 2
    assert "table.json.costs must be of different parts" in refuse(path, costs=doubled)
    crossed = table().model_dump(mode="json")["networks"][0] | {"low": 1.5}
    assert "table.json.networks[0].relative_latency must be from 1.5 to 1.01" in refuse(path, networks=[crossed])
    for text in ("", "{", "[" * 100_000, '{"a": NaN'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"^The latency table '.*table\.json' cannot be read: .*\.$"):
            read_latency_table(path)
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"table\.json must be a mapping"):
        read_latency_table(path)
    with pytest.raises(ValueError, match=r"cannot be read: Is a directory"):
        read_latency_table(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 3}, None),
        ({"name": "other"}, None),
        (
            {"space": SPEC.space.model_dump() | {"c": [4]}},
            r"x is a table of the space of table \(\w+\), and this is the",
        ),
        ({"reference": "resnet32_cifar"}, "x is relative to resnet20_cifar, and this study to resnet32_cifar"),
    ],
)
def test_whose_table_it_is(changes: dict[str, Any], words: str | None) -> None:
    spec = study_spec(**changes)
    if words is None:
        table().check_belongs(spec, spec.deployments["cpu"], "x")
        return
    with pytest.raises(ValueError, match=words):
        table().check_belongs(spec, spec.deployments["cpu"], "x")


def test_another_deployment_is_told_by_what_differs() -> None:
    other = SPEC.deployments["cpu"].model_copy(update={"batch_size": 16, "runtime": "compile"})
    words = r"^x is a table of batch_size 1, runtime eager, and this deployment is batch_size 16, runtime compile\.$"
    with pytest.raises(ValueError, match=words):
        table().check_belongs(SPEC, other, "x")


def test_another_environment_is_refused_with_both_names() -> None:
    table().check_environment(ENVIRONMENT, "x")
    other = ENVIRONMENT.model_copy(update={"device": "Table B", "threads": 2})
    words = r"^x was measured on Table A, 1 thread, formula 1; this is Table B, 2 threads, formula 1\."
    with pytest.raises(ValueError, match=words):
        table().check_environment(other, "x")


def test_numbers_are_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        LatencyTable.model_validate(
            table().model_dump() | {"costs": [{**table().costs[0].model_dump(), "value": math.inf}]}
        )
