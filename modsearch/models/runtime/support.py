"""What this machine can run: packages that are installed, and number formats that its devices have."""

import os
import shutil
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import torch

from modsearch.message import must_be
from modsearch.models.quantise import check_quantiser
from modsearch.space import Deployment

_EXTRAS = {"onnxruntime": "onnx", "openvino": "openvino"}
_PACKAGES = {"onnxruntime": ("onnxruntime", "onnxscript"), "openvino": ("openvino", "onnxscript")}


def check_runtime(deployment: Deployment, path: str) -> None:
    """Find out, before anything is built, whether this machine can run networks at a deployment that has its device.

    Args:
        deployment: what is to run.
        path: where it stands in the user's file or command, for the message.

    Raises:
        ValueError: the runtime is not installed, or the device has no instructions for the dtype.
    """
    runtime = deployment.runtime
    if not all(map(find_spec, _PACKAGES.get(runtime, ()))):
        raise ValueError(f"runtime {runtime} needs more packages: pip install 'modsearch[{_EXTRAS[runtime]}]'.")
    if runtime == "compile" and not _has_compiler(deployment):
        rule = f"another than compile, which needs {'triton' if deployment.is_cuda else 'a C++ compiler (g++)'} here"
        raise ValueError(must_be(f"{path}.runtime", rule, runtime))
    if deployment.dtype == "int8":
        check_quantiser()  # any CPU computes in it
    if deployment.dtype in ("float32", "int8"):
        return  # without a look at the GPU, which would start CUDA in this process
    dtypes = ["float32", *(name for name, has in _half_dtypes(deployment).items() if has())]
    if deployment.dtype not in dtypes:
        rule = f"{' or '.join(dtypes)}, all that {_device_name(deployment)} has instructions for"
        raise ValueError(must_be(f"{path}.dtype", rule, deployment.dtype))


def runtime_version(runtime: str) -> str:
    """What runs the networks, with its version: ``onnxruntime 1.31.1``. Eager, compile and CUDA graphs are torch's."""
    package = runtime if runtime in _PACKAGES else "torch"
    version: str = import_module(package).__version__
    return f"{package} {version.partition('-')[0]}"  # OpenVINO's build follows after a dash


def _has_compiler(deployment: Deployment) -> bool:
    """Whether there is what torch.compile writes kernels for."""
    if deployment.is_cuda:
        return find_spec("triton") is not None
    return shutil.which(os.environ.get("CXX", "g++")) is not None


def _half_dtypes(deployment: Deployment) -> dict[str, Callable[[], bool]]:
    """Number formats of 16 bits -> whether the device computes in them, rather than by way of 32 bits."""
    if deployment.is_cuda:
        return {
            "bfloat16": lambda: torch.cuda.get_device_capability(deployment.device) >= (8, 0),
            "float16": lambda: torch.cuda.get_device_capability(deployment.device) >= (5, 3),
        }
    return {"bfloat16": _cpu_has_bfloat16, "float16": _cpu_has_float16}


def _cpu_has_bfloat16() -> bool:
    """Torch also says yes to AVX-512 without bfloat16, where it is slower than 32 bits."""
    cpu = torch.cpu
    emulated = cpu._is_avx512_supported() and not cpu._is_avx512_bf16_supported()
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and not emulated


def _cpu_has_float16() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())


def _device_name(deployment: Deployment) -> str:
    model = (
        torch.cuda.get_device_name(deployment.device) if deployment.is_cuda else torch.backends.cpu.get_cpu_capability()
    )
    return f"{deployment.device} ({model})"
