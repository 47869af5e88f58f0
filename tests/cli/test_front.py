"""``modsearch front`` and ``describe`` of a study that timed plain forms, at two deployments."""

import json
from pathlib import Path

import pytest

from modsearch.architecture import Architecture
from modsearch.cli import run
from modsearch.record import SPEEDUP_UNIT, Measurement, Score, Speedup
from modsearch.search import LocalExecutor, RunPlace, load_study, open_run
from modsearch.space import METRICS
from tests.cli.test_command import TINY, fails, write
from tests.conformance.tabulated import ENVIRONMENT, SMALL_SPACE, TabulatedEvaluator, study_spec

PLACES = {"one": 1, "many": 16}
DEPLOYMENTS = {place: {"image_size": 32, "num_classes": 10, "batch_size": size} for place, size in PLACES.items()}
SPEC = study_spec(
    space=SMALL_SPACE,
    deployments=DEPLOYMENTS,
    objectives=["accuracy", *(f"relative_latency@{place}" for place in PLACES)],
    budget={"trials": 5},
)


NO_MOD = SMALL_SPACE | {"depths": [{"standard": [1, 2], "mod": [0]}] * 3}


class TwoPlaces(TabulatedEvaluator):
    """The table at two deployments: a batch takes 2 ms at the first and 8 ms at the second, for every network."""

    def measure(self, architecture: Architecture) -> Score:
        score = super().measure(architecture)
        metrics = {"params": score.metrics["params"]}
        for place, ms in zip(PLACES, (2.0, 8.0), strict=True):
            metrics[f"relative_latency@{place}"] = score.metrics["relative_latency"]
            ends = {"value": ms, "low": ms / 2, "high": ms * 2, "unit": METRICS["latency_ms"].unit}
            metrics[f"latency_ms@{place}"] = Measurement(**ends, environment=ENVIRONMENT)
        speedups = {"one": _speedup(0.9), "many": _speedup(1.2)} if architecture.num_mod_blocks else {}
        return Score(metrics=metrics, speedups=speedups)


def _speedup(value: float) -> Speedup:
    ends = {"value": value, "low": value - 0.1, "high": value + 0.1}
    measured = Measurement(**ends, num_samples=30, unit=SPEEDUP_UNIT, environment=ENVIRONMENT)
    return Speedup(gmacs=0.03, plain_gmacs=0.05, measured=measured)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder, evaluator = tmp_path_factory.mktemp("front") / "run", TwoPlaces()
    with open_run(SPEC, evaluator, RunPlace(folder)) as opened:
        LocalExecutor(opened, evaluator, folder).run()
    return str(folder)


def test_the_front_says_what_becomes_time(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["front", study]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "! 0.90 of 1.67x" in text
    assert "1.20 of 1.67x" in text
    assert "Speed-up at one: 0.90x where 1.67x is ideal; of 3, 3 save no time" in text
    assert "Speed-up at many: 1.20x where 1.67x is ideal; of 3, 0 save no time" in text
    assert "The same images choose and report" in text


@pytest.mark.parametrize("columns", [40, 80])
def test_a_narrow_terminal_loses_no_digit(
    study: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run(["front", study]) == 0
    text = capsys.readouterr().out
    assert "! 0.90 of 1.67x" in text
    assert "\u2026" not in text  # the ellipsis of a column that was cut


def test_both_figures_are_drawn(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [tmp_path / "front.svg", tmp_path / "speedup.svg"]
    assert run(["front", study, "--plot", str(paths[0]), "--plot-speedup", str(paths[1]), "--json"]) == 0
    assert "Saves MACs, no time" in paths[0].read_text(encoding="utf-8")
    assert "table: realised speed-up" in paths[1].read_text(encoding="utf-8")
    saved = [network["speedups"] for network in json.loads(capsys.readouterr().out)["networks"] if network["speedups"]]
    assert saved
    assert [saved[0][place]["outcome"] for place in PLACES] == ["lost", "saved"]


def test_a_network_of_the_study_is_described_at_each_deployment(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    networks = [trial.architecture for trial in load_study(study).trials() if trial.architecture]
    chosen = next(network.id for network in networks if network.num_mod_blocks)
    assert run(["describe", study, "--id", chosen, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["deployments"]) == ["one", "many"]
    many = found["deployments"]["many"]
    assert many["deployment"]["batch_size"] == 16
    assert many["measured"]["latency_ms"] == {"value": 8, "low": 4, "high": 16, "unit": "ms"}
    assert many["measured"]["throughput_images_s"] == {"value": 2000, "low": 1000, "high": 4000, "unit": "images/s"}
    assert many["speedup"]["measured"]["value"] == 1.2
    assert many["environment"]["device"] == "Table A"
    assert run(["describe", study, "--id", chosen]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "on many eager on cpu, 1 thread, batch size 16, float32" in text
    assert "throughput at the median: 2000 images/s (1000-4000)" in text
    assert "measured 0.900x (0.800-1.000): no time is saved" in text


def test_a_published_network_has_an_ideal_speed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["describe", "resnet18_cifar_mod", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["speedup"]["gmacs"] == found["gmacs"]
    assert found["speedup"]["plain_gmacs"] == pytest.approx(0.5556, rel=1e-3)  # of resnet18_cifar
    assert (found["speedup"]["measured"], found["deployments"]) == (None, {})
    assert run(["describe", "resnet20_cifar", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["speedup"] is None


def test_a_study_without_speed_ups_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, evaluator = study_spec(budget={"trials": 1}, space=NO_MOD), TabulatedEvaluator()
    with open_run(spec, evaluator, RunPlace(tmp_path / "run")) as opened:
        LocalExecutor(opened, evaluator, tmp_path / "run").run()
    message = fails(capsys, "front", str(tmp_path / "run"), "--plot-speedup", str(tmp_path / "speedup.svg"))
    assert "there is no speed-up to draw" in message


def test_a_gpu_that_is_not_there_is_named_with_its_deployment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployments = {**TINY["deployments"], "gpu": {"image_size": 8, "num_classes": 10, "device": "cuda:99"}}  # type: ignore[dict-item]
    path = write(tmp_path / "two.yaml", deployments=deployments, objectives=["accuracy", "relative_latency@gpu"])
    assert "deployments.gpu.device must be" in fails(capsys, "search", path, "--out", str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
