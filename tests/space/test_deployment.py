"""The rules of one deployment."""

import pytest
from pydantic import ValidationError

from modsearch.space import Deployment, TimingProtocol


def place(**fields: object) -> Deployment:
    return Deployment.model_validate({"image_size": 224, "num_classes": 1000, **fields})


@pytest.mark.parametrize(("short", "long"), [("fp32", "float32"), ("bf16", "bfloat16"), ("fp16", "float16")])
def test_a_dtype_has_a_short_name(short: str, long: str) -> None:
    assert place(dtype=short) == place(dtype=long)
    assert place(dtype=short).dtype == long


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"runtime": "cuda_graph"}, "device must be cuda or cuda:N where runtime is cuda_graph. Got 'cpu' instead."),
        ({"runtime": "onnxruntime", "device": "cuda"}, "device must be cpu where runtime is onnxruntime. Got 'cuda'"),
        ({"runtime": "openvino", "device": "cuda:1"}, "device must be cpu where runtime is openvino. Got 'cuda:1'"),
        (
            {"runtime": "openvino", "dtype": "bf16"},
            "dtype must be float32 or int8 where runtime is openvino. Got 'bfloat16'",
        ),
        (
            {"runtime": "onnxruntime", "dtype": "fp16"},
            "dtype must be float32 or int8 where runtime is onnxruntime. Got",
        ),
        ({"dtype": "int8"}, "runtime must be onnxruntime or openvino where dtype is int8. Got 'eager' instead."),
        (
            {"runtime": "cuda_graph", "device": "cuda", "dtype": "int8"},
            "runtime must be onnxruntime or openvino where dtype is int8. Got 'cuda_graph' instead.",
        ),
        ({"runtime": "openvino", "device": "cuda", "dtype": "int8"}, "device must be cpu where runtime is openvino."),
        (
            {"runtime": "openvino", "memory_format": "channels_last"},
            "memory_format must be auto or contiguous where runtime is openvino. Got 'channels_last' instead.",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        place(**fields)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"runtime": "cuda_graph", "device": "cuda:1", "dtype": "bf16"},
        {"runtime": "compile", "dtype": "fp16", "memory_format": "channels_last"},
        {"runtime": "onnxruntime", "memory_format": "contiguous", "threads": 2},
        {"runtime": "onnxruntime", "dtype": "int8"},
        {"runtime": "openvino", "dtype": "int8"},
    ],
)
def test_what_goes_together_survives_json(fields: dict[str, object]) -> None:
    assert Deployment.model_validate_json(place(**fields).model_dump_json()) == place(**fields)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "eager on cpu, 1 thread, batch size 1, float32"),
        (
            {"runtime": "compile", "threads": 2, "memory_format": "channels_last"},
            "compile on cpu, 2 threads, batch size 1, float32, channels_last",
        ),
        (
            {"runtime": "cuda_graph", "device": "cuda:1", "batch_size": 32, "dtype": "bf16"},
            "cuda_graph on cuda:1, batch size 32, bfloat16",
        ),
        ({"runtime": "openvino", "dtype": "int8"}, "openvino on cpu, 1 thread, batch size 1, int8"),
    ],
)
def test_it_is_described_in_one_line(fields: dict[str, object], line: str) -> None:
    assert place(**fields).describe() == line


def test_a_gpu_is_timed_more_precisely_unless_the_protocol_says_how() -> None:
    gpu = place(device="cuda")
    assert TimingProtocol().half_width_for(place()) == 0.03
    assert TimingProtocol().half_width_for(gpu) == 0.01
    assert TimingProtocol(half_width=0.2).half_width_for(gpu) == 0.2
