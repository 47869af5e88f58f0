"""Every runtime gives the logits that the network itself gives in evaluation mode."""

import subprocess
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

import onnxruntime
import openvino
import pytest
import torch
from torch import Tensor, nn
from torch._dynamo import config as dynamo_config

from modsearch.architecture import Standard
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.runtime import Run, deploy, needs_file, prepare
from modsearch.space import Deployment
from tests.models.tiny import CASES, KINDS, NUM_CLASSES, build_tiny, images, tiny, variant_block

pytestmark = pytest.mark.slow

FILE_RUNTIMES = ("onnxruntime", "openvino")
FUSIONS = [("resnet_basic", name) for name in ("mod-original", "mod-last-replace", "mod-random-original")]
HALF = [("bfloat16", 2**-8), ("float16", 2**-11)]  # half the distance of 1 from the next number
_SMALLEST_GAP = 1e-4  # of 32 bits, runtimes that sum in another order stay far below


def place(runtime: str = "eager", batch_size: int = 2, **fields: object) -> Deployment:
    data = {"image_size": 16, "num_classes": NUM_CLASSES, "batch_size": batch_size, "runtime": runtime, **fields}
    return Deployment.model_validate(data)


def one_block(backbone: str, variant: str, seed: int) -> nn.Module:
    """Quick to convert: the block in question stands in the first stage alone."""
    network = tiny(backbone, "standard")
    others = ((Standard(),),) * (len(network.stages) - 1)
    stages = ((Standard(), variant_block(variant)), *others)
    return build_tiny(network.model_copy(update={"stages": stages}), seed)


def narrowest_gap(model: nn.Module, x_BCHW: Tensor) -> float:
    """Between the scores of the last channel that is selected and of the first that is not."""
    gaps = [torch.inf]

    def look(block: MoDBlock, _: nn.Module, __: object, logits_BC: Tensor) -> None:
        ordered_BC = logits_BC.sort(dim=1, descending=True).values
        gaps.append((ordered_BC[:, block.k - 1] - ordered_BC[:, block.k]).min().item())

    blocks = [module for module in model.modules() if isinstance(module, MoDBlock) and module.selector is not None]
    hooks = [
        block.selector.register_forward_hook(partial(look, block)) for block in blocks if block.selector is not None
    ]
    logits(model, x_BCHW)
    for hook in hooks:
        hook.remove()
    return min(gaps)


@cache
def untied(backbone: str, variant: str) -> nn.Module:
    """A network that selects clearly: tied scores, as where the selector's ReLU lets nothing pass, are anyone's."""
    candidates = (one_block(backbone, variant, seed) for seed in range(100))
    return next(candidate for candidate in candidates if narrowest_gap(candidate, images(2)) > _SMALLEST_GAP)


def logits(model: nn.Module, x_BCHW: Tensor) -> Tensor:
    was_training = model.training
    with torch.inference_mode():
        logits_BC: Tensor = model.eval()(x_BCHW)
    model.train(was_training)
    return logits_BC


def outcome(run: Run) -> Tensor:
    """Of a second pass: the first may have spoilt the images."""
    with torch.inference_mode():
        run()
        return run()


def assert_same(found_BC: Tensor, model: nn.Module, batch_size: int = 2, tolerance: float = 1e-4) -> None:
    """As far as sums in another order are the same in 32 bits, measured by the largest logit, however small it is."""
    expected_BC = logits(model, images(batch_size))
    assert found_BC.shape == expected_BC.shape
    difference = (found_BC.float() - expected_BC).abs().max() / expected_BC.abs().max()
    assert difference < tolerance


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_eager_gives_the_same_logits_and_leaves_model_and_images_alone(backbone: str, variant: str) -> None:
    model, x_BCHW = build_tiny(tiny(backbone, variant)), images(2)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert_same(outcome(deploy(model, place(), x_BCHW)), model)
    assert model.training
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    torch.testing.assert_close(x_BCHW, images(2), rtol=0, atol=0)


@pytest.mark.parametrize(("backbone", "variant"), KINDS + FUSIONS)
def test_runtimes_that_read_a_file_give_the_same_logits(backbone: str, variant: str, tmp_path: Path) -> None:
    model, path = untied(backbone, variant), tmp_path / "network.onnx"
    prepare(model, place("onnxruntime"), path)
    assert model.training
    for runtime in FILE_RUNTIMES:
        assert_same(outcome(deploy(nn.Identity(), place(runtime), images(2), path)), model)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("runtime", FILE_RUNTIMES)
def test_no_file_stays_behind(runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = untied("resnet_basic", "mod-learned")
    assert_same(outcome(deploy(model, place(runtime, batch_size=1), images(1))), model, batch_size=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("runtime", FILE_RUNTIMES)
def test_int8_is_deployed_for_one_batch_size(runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no channel is chosen, by a rounded input other ones, logits are those of the network but for rounding."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = untied("resnet_basic", "mod-first_scored")
    found_BC = outcome(deploy(model, place(runtime, dtype="int8"), images(2)))
    assert found_BC.dtype == torch.float32
    assert_same(found_BC, model, tolerance=0.1)
    assert model.training
    assert list(tmp_path.iterdir()) == []


def test_torch_reads_no_file() -> None:
    assert [needs_file(runtime) for runtime in ("eager", "compile", "onnxruntime", "openvino")] == [
        False,
        False,
        True,
        True,
    ]


def test_threads_are_those_of_the_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    session, compile_model = onnxruntime.InferenceSession, openvino.Core.compile_model

    def start(path: Path, options: onnxruntime.SessionOptions, **rest: object) -> onnxruntime.InferenceSession:
        asked.extend((options.intra_op_num_threads, options.inter_op_num_threads))
        return session(path, options, **rest)

    def compile_(*arguments: object) -> openvino.CompiledModel:
        found = compile_model(*arguments)
        asked.extend((found.get_property("INFERENCE_NUM_THREADS"), found.get_property("NUM_STREAMS")))
        assert found.get_property("INFERENCE_PRECISION_HINT") == openvino.Type.f32
        return found

    monkeypatch.setattr(onnxruntime, "InferenceSession", start)
    monkeypatch.setattr(openvino.Core, "compile_model", compile_)
    path = tmp_path / "network.onnx"
    prepare(untied("resnet_basic", "standard"), place("openvino"), path)
    for runtime in FILE_RUNTIMES:
        deploy(nn.Identity(), place(runtime, threads=2), images(2), path)
    assert asked == [2, 1, 2, 1]


AN_ALARM_AFTER_TWO_NETWORKS = """
import signal, sys, torch
from pathlib import Path
from modsearch.models.runtime.openvino_request import openvino_run

images = torch.zeros(1, 3, 16, 16)
first, second = (openvino_run(Path(sys.argv[1]), 1, images) for _ in range(2))
del first
del second
signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
signal.raise_signal(signal.SIGALRM)
"""


def test_signals_come_after_networks_of_openvino_have_gone(tmp_path: Path) -> None:
    """Each of its cores swaps the stack on which Python takes signals; in another process, for this one would die."""
    prepare(untied("resnet_basic", "standard"), place("openvino"), tmp_path / "network.onnx")
    code = [sys.executable, "-c", AN_ALARM_AFTER_TWO_NETWORKS, tmp_path / "network.onnx"]
    assert subprocess.run(code, check=True, capture_output=True, text=True).stdout == "alarm\n"


@pytest.mark.parametrize(("backbone", "variant"), [kind for kind in KINDS if kind[1] != "standard"] + FUSIONS)
def test_a_network_is_one_graph(backbone: str, variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the compiler itself, which takes half a minute: what is tested is what it is given."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    model = untied(backbone, variant)
    assert_same(outcome(deploy(model, place("compile"), images(2))), model)


@dynamo_config.patch(recompile_limit=2)
def test_a_process_compiles_more_networks_than_torch_recompiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    runs = []
    for num_blocks in range(1, 5):
        network = tiny("resnet_basic", "standard")
        stages = ((Standard(),) * num_blocks, *network.stages[1:])
        model = build_tiny(network.model_copy(update={"stages": stages}))
        runs.append((deploy(model, place("compile"), images(2)), model))
    for run, model in runs:
        assert_same(outcome(run), model)


@pytest.mark.slow
def test_compile_gives_the_same_logits() -> None:
    model = untied("resnet_basic", "mod-learned")
    assert_same(outcome(deploy(model, place("compile", batch_size=1), images(1))), model, batch_size=1)


@pytest.mark.parametrize(("dtype", "rounding"), HALF)
@pytest.mark.parametrize("variant", ["standard", "mod-first_scored"])
def test_half_types_give_the_logits_but_for_rounding(
    variant: str, dtype: str, rounding: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of blocks that select by no score, for rounded scores tie; torch computes so on any CPU, if slowly."""
    monkeypatch.setattr("modsearch.models.runtime.check_runtime", lambda deployment, path: None)
    model = untied("resnet_basic", variant)
    found_BC = outcome(deploy(model, place(dtype=dtype), images(2)))
    assert found_BC.dtype == getattr(torch, dtype)
    assert_same(found_BC, model, tolerance=10 * rounding)  # about ten layers, each of which rounds


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_types_select_channels(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.models.runtime.check_runtime", lambda deployment, path: None)
    found_BC = outcome(deploy(untied("resnet_basic", "mod-original"), place(dtype=dtype), images(2)))
    assert found_BC.dtype == getattr(torch, dtype)
    assert found_BC.isfinite().all()


@pytest.mark.gpu
@pytest.mark.parametrize(("backbone", "variant"), KINDS + FUSIONS)
def test_the_replay_of_a_graph_gives_the_same_logits(backbone: str, variant: str) -> None:
    model = untied(backbone, variant)
    found_BC = outcome(deploy(model, place("cuda_graph", device="cuda"), images(2))).cpu()
    assert_same(found_BC, model, tolerance=1e-2)  # TF32 convolutions


@pytest.mark.gpu
@pytest.mark.parametrize("runtime", ["eager", "cuda_graph"])
@pytest.mark.parametrize(("dtype", "rounding"), HALF)
def test_half_types_on_a_gpu(runtime: str, dtype: str, rounding: float) -> None:
    model = untied("resnet_basic", "mod-first_scored")
    found_BC = outcome(deploy(model, place(runtime, device="cuda", dtype=dtype), images(2))).cpu()
    assert_same(found_BC, model, tolerance=10 * rounding)
