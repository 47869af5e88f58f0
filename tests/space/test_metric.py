import pytest

from modsearch.space import METRICS, deployed_name, metric, metric_names

DEPLOYED = (
    "relative_latency",
    "predicted_relative_latency",
    "latency_ms",
    "latency_p90_ms",
    "peak_memory_mb",
    "gmacs",
)


def test_names_with_one_deployment() -> None:
    assert metric_names(["cpu"]) == ("accuracy", *DEPLOYED, "params")
    assert deployed_name("latency_ms", "cpu", ["cpu"]) == "latency_ms"


def test_names_with_two_deployments() -> None:
    assert set(metric_names(["a", "b"])) == {
        "accuracy",
        "params",
        *(f"{name}@{place}" for name in DEPLOYED for place in ("a", "b")),
    }
    assert deployed_name("latency_ms", "a", iter(["a", "b"])) == "latency_ms@a"


def test_metric_behind_a_name() -> None:
    assert metric("gmacs@cpu") is METRICS["gmacs"]
    assert metric("params") is METRICS["params"]


@pytest.mark.parametrize("name", METRICS)
def test_only_accuracy_is_trained_and_to_be_large(name: str) -> None:
    assert METRICS[name].is_trained == (name == "accuracy")
    assert METRICS[name].direction == ("maximize" if name == "accuracy" else "minimize")
