"""Devices by name, threads for a while, the machine's description."""

import platform
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from modsearch.models.device import current_environment, default_device, pinned_threads, torch_device


def test_cpu_is_always_there() -> None:
    assert torch_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:1"])
def test_cuda_is_refused_where_there_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match=f"device must be cpu: this machine has 0 CUDA devices. Got '{name}' instead"):
        torch_device(name)


def test_a_cuda_device_beyond_the_last_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert torch_device("cuda:1") == torch.device("cuda:1")
    rule = "deployments.gpu.device must be one of cpu, cuda:0, cuda:1: this machine has 2 CUDA devices. Got 'cuda:2'"
    with pytest.raises(ValueError, match=rule):
        torch_device("cuda:2", "deployments.gpu.device")


@pytest.mark.parametrize("name", ["gpu", "", "cuda:x", "cuda:-1", "mps", "meta"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"device must be cpu, cuda or cuda:N\. Got"):
        torch_device(name)


@pytest.mark.parametrize(("available", "name"), [(True, "cuda"), (False, "cpu")])
def test_the_default_is_cuda_where_there_is_one(available: bool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert default_device() == name


def test_threads_are_pinned_and_put_back() -> None:
    before = torch.get_num_threads()
    with pinned_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        assert current_environment(torch.device("cpu")).threads == before + 1
    assert torch.get_num_threads() == before


def test_threads_are_put_back_after_an_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="stop"), pinned_threads(before + 1):
        raise RuntimeError("stop")
    assert torch.get_num_threads() == before


def test_the_environment_names_processor_and_software() -> None:
    environment = current_environment(torch.device("cpu"))
    assert environment.device
    assert environment.device != "cpu"
    assert environment.software == f"torch {torch.__version__}"


def test_the_environment_names_a_runtime_that_is_a_package_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(__version__="1.2.3"))  # type: ignore[arg-type]
    cpu = torch.device("cpu")
    assert current_environment(cpu, "onnxruntime").software == f"torch {torch.__version__}, onnxruntime 1.2.3"
    assert current_environment(cpu, "compile") == current_environment(cpu)


def test_the_processor_has_a_name_without_cpuinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.machine.cpu._CPUINFO", tmp_path / "missing")
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert current_environment(torch.device("cpu")).device == "arm64"


@pytest.mark.gpu
def test_the_graphics_card_is_named() -> None:
    assert current_environment(torch.device("cuda")).device == torch.cuda.get_device_name()
