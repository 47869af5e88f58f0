"""Names of places, and the stored forms of what is timed later."""

import pytest

from modsearch.message import parse
from modsearch.record import Remeasurement, TimingJob, place_name
from modsearch.space import Deployment
from tests.analysis.small_study import MOD, TINY
from tests.conformance.remeasured import job, remeasurement

BASE = Deployment(image_size=32, num_classes=10, threads=2)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "cpu-b1"),
        ({"batch_size": 16, "runtime": "onnxruntime"}, "cpu-b16-onnxruntime"),
        ({"device": "cuda:1", "dtype": "bf16", "runtime": "cuda_graph"}, "cuda1-b1-cuda_graph-bf16"),
        ({"threads": 4, "memory_format": "channels_last", "image_size": 64}, "cpu-b1-t4-channels_last-64px"),
        ({"dtype": "float16"}, "cpu-b1-fp16"),
        ({"dtype": "int8", "runtime": "openvino"}, "cpu-b1-openvino-int8"),
    ],
)
def test_a_place_is_named_after_what_is_special_about_it(changes: dict[str, object], name: str) -> None:
    deployment = Deployment.model_validate(BASE.model_dump() | changes)
    assert place_name(deployment, BASE) == name
    assert job((), place=name, deployment=deployment).place == name


def test_forms_read_back() -> None:
    found = remeasurement(MOD)
    assert Remeasurement.model_validate_json(found.model_dump_json()) == found
    asked = job((TINY, MOD), base="cpu")
    assert TimingJob.model_validate_json(asked.model_dump_json()) == asked
    assert asked.remeasurement(MOD, found.score) == found


def test_another_place_has_the_same_rounds() -> None:
    moved = remeasurement(MOD).at("elsewhere", "gpu")
    assert (moved.place, moved.base, list(moved.score.timed)) == ("elsewhere", "gpu", ["elsewhere"])
    assert moved.score.timed["elsewhere"] == remeasurement(MOD).score.timed["cpu-b16"]


def test_a_reference_must_be_published() -> None:
    with pytest.raises(ValueError, match=r"No published network is called 'resnet20'.*Did you mean"):
        job((), reference="resnet20")
    for place in ("", "../x", "a/b", "-b", "x" * 101):
        with pytest.raises(ValueError, match=r"^place must be "):
            parse(TimingJob, job(()).model_dump() | {"place": place})
