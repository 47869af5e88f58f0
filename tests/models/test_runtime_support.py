"""What this machine cannot run is said before anything is built."""

from importlib.metadata import version

import pytest
import torch

from modsearch.models import quantise
from modsearch.models.runtime import check_runtime, deploy, runtime_version, support
from modsearch.space import Deployment


def place(**fields: object) -> Deployment:
    return Deployment.model_validate({"image_size": 16, "num_classes": 5, **fields})


@pytest.fixture
def cpu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU: what oneDNN takes, and which instructions there are."""
    onednn, instructions = request.param
    for dtype in ("bf16", "fp16"):
        monkeypatch.setattr(torch.ops.mkldnn, f"_is_mkldnn_{dtype}_supported", lambda dtype=dtype: dtype in onednn)
    for name in ("avx512", "avx512_bf16"):
        monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", lambda name=name: name in instructions)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


AVX2 = ((), ())
AVX512 = (("bf16",), ("avx512",))  # oneDNN takes bfloat16 here, by way of 32 bits
COOPER_LAKE = (("bf16",), ("avx512", "avx512_bf16"))
ARM = (("bf16",), ())
SAPPHIRE_RAPIDS = (("bf16", "fp16"), ("avx512", "avx512_bf16"))


@pytest.mark.parametrize(
    ("cpu", "dtype", "has"),
    [
        (AVX2, "bfloat16", "float32"),
        (AVX2, "float16", "float32"),
        (AVX512, "bfloat16", "float32"),
        (COOPER_LAKE, "float16", "float32 or bfloat16"),
        (ARM, "float16", "float32 or bfloat16"),
    ],
    indirect=["cpu"],
)
def test_a_dtype_without_instructions_is_refused(cpu: None, dtype: str, has: str) -> None:
    message = rf"^deployments\.a\.dtype must be {has}, all that cpu \(AVX2\) has .* Got '{dtype}' instead\.$"
    with pytest.raises(ValueError, match=message):
        check_runtime(place(dtype=dtype), "deployments.a")


@pytest.mark.parametrize("cpu", [SAPPHIRE_RAPIDS], indirect=True)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_cpu_that_has_all(cpu: None, dtype: str) -> None:
    check_runtime(place(dtype=dtype), "deployment")


@pytest.mark.parametrize(
    ("capability", "dtype", "has"),
    [((7, 5), "bfloat16", "float32 or float16"), ((5, 2), "float16", "float32")],
)
def test_an_old_gpu(capability: tuple[int, int], dtype: str, has: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Old One")
    message = rf"^deployment\.dtype must be {has}, all that cuda:1 \(Old One\) has .* Got '{dtype}' instead\.$"
    with pytest.raises(ValueError, match=message):
        check_runtime(place(dtype=dtype, device="cuda:1"), "deployment")


@pytest.mark.parametrize(
    ("runtime", "missing", "extra"),
    [
        ("onnxruntime", "onnxruntime", "onnx"),
        ("onnxruntime", "onnxscript", "onnx"),
        ("openvino", "openvino", "openvino"),
        ("openvino", "onnxscript", "openvino"),
    ],
)
def test_a_runtime_that_is_not_installed_names_its_extra(
    runtime: str, missing: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "find_spec", lambda name: None if name == missing else object())
    message = rf"^runtime {runtime} needs more packages: pip install 'modsearch\[{extra}\]'\.$"
    with pytest.raises(ValueError, match=message):
        deploy(torch.nn.Identity(), place(runtime=runtime), torch.zeros(1, 3, 16, 16))


def test_int8_is_quantised_by_onnxruntime_whatever_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    check_runtime(place(runtime="openvino", dtype="int8"), "deployment")
    monkeypatch.setattr(quantise, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(ValueError, match=r"^INT8 needs more packages: pip install 'modsearch\[onnx\]'\.$"):
        check_runtime(place(runtime="openvino", dtype="int8"), "deployment")
    check_runtime(place(runtime="openvino"), "deployment")


def test_compile_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ValueError, match=r"^deployment\.runtime must be another than compile, which needs a C\+\+"):
        check_runtime(place(runtime="compile"), "deployment")


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_runtime_has_a_version(runtime: str) -> None:
    assert runtime_version(runtime) == f"{runtime} {version(runtime)}"


@pytest.mark.parametrize("runtime", ["eager", "compile", "cuda_graph"])
def test_what_torch_runs_has_the_version_of_torch(runtime: str) -> None:
    assert runtime_version(runtime) == f"torch {torch.__version__}"


def test_a_gpu_in_32_bits_is_not_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: pytest.fail("CUDA was started"))
    check_runtime(place(device="cuda", runtime="cuda_graph"), "deployment")
