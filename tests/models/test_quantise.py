"""Networks in fewer bits: what stays in 32 bits, and that both runtimes compute the same with the rest."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from modsearch.architecture import Standard
from modsearch.models import quantise
from modsearch.models.quantise import to_half, to_int8
from modsearch.models.runtime import openvino_core
from modsearch.models.selector_nodes import selections, selector_nodes
from tests.models.tiny import CASES, KINDS, build_tiny, images, tiny, variant_block

pytestmark = pytest.mark.slow

CHOOSING = [("resnet_basic", name) for name in ("mod-learned", "mod-last", "mod-original")]
FIXED = [("resnet_basic", name) for name in ("mod-random", "mod-first", "mod-first_scored")]
PLAIN = [kind for kind in KINDS if kind[1] == "standard"]
RUNTIMES = ("onnxruntime", "openvino")


def one_block(backbone: str, variant: str) -> nn.Module:
    """As few nodes as possible: the block in question stands in the first stage alone."""
    network = tiny(backbone, "standard")
    others = ((Standard(),),) * (len(network.stages) - 1)
    return build_tiny(network.model_copy(update={"stages": ((Standard(), variant_block(variant)), *others)}))


def run(path: Path, runtime: str, x_BCHW: Tensor) -> Any:
    if runtime == "openvino":
        model = openvino_core().read_model(path)
        model.reshape(list(x_BCHW.shape))  # for any batch size it crashes on processors with AMX
        network = openvino_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return network(x_BCHW.numpy())[network.output(0)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"images": x_BCHW.numpy()})[0]


def expected(model: nn.Module, x_BCHW: Tensor) -> Any:
    with torch.no_grad():
        return model.eval()(x_BCHW).numpy()


def apart(found_BC: Any, wanted_BC: Any) -> float:
    """The largest difference as a fraction of the largest logit."""
    return float(np.abs(found_BC - wanted_BC).max() / np.abs(wanted_BC).max())


def weights(path: Path) -> dict[str, Any]:
    graph = onnx.load(path).graph
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}


@pytest.mark.parametrize(("backbone", "variant"), PLAIN + FIXED)
def test_int8_gives_the_logits_but_for_rounding(backbone: str, variant: str, tmp_path: Path) -> None:
    """Where no channel is chosen, by a rounded input other ones. At any batch size: OpenVINO loses biases in files that
    ask for it.
    """
    model, path = one_block(backbone, variant), tmp_path / "network.onnx"
    to_int8(model, images(32, seed=3), path)
    assert model.training
    assert [file.name for file in tmp_path.iterdir()] == ["network.onnx"]
    for runtime in RUNTIMES:
        for batch_size in (1, 5):
            x_BCHW = images(batch_size, seed=batch_size)
            found_BC = run(path, runtime, x_BCHW)
            assert found_BC.dtype == np.float32
            assert apart(found_BC, expected(model, x_BCHW)) < 0.1


@pytest.mark.parametrize(("backbone", "variant"), CHOOSING)
def test_between_the_mean_and_the_product_nothing_is_rounded(backbone: str, variant: str, tmp_path: Path) -> None:
    model, path = one_block(backbone, variant), tmp_path / "network.onnx"
    to_int8(model, images(32, seed=3), path)
    graph = onnx.load(path).graph
    [found] = selector_nodes(model, graph)
    assert found.block == "stages.0.1"
    nodes = {node.name: node for node in graph.node}
    kinds = [nodes[name].op_type for name in found.names]
    assert kinds[0] == "ReduceMean"
    assert kinds[-1] == "Mul"
    assert {"Gemm", "TopK", "Sigmoid"} <= set(kinds)
    path_of = {output for name in found.names[:-1] for output in nodes[name].output}
    readers = [node for node in graph.node if not path_of.isdisjoint(node.input)]
    assert not any(node.op_type == "QuantizeLinear" for node in readers)
    makers = {output: node.op_type for node in graph.node for output in node.output}
    linear = [nodes[name] for name in found.names if nodes[name].op_type == "Gemm"]
    assert all(makers.get(source) != "DequantizeLinear" for node in linear for source in node.input)
    stored = weights(path)
    assert all(stored[node.input[1]].dtype == np.float32 for node in linear)
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert all(makers[source] == "DequantizeLinear" for node in convolutions for source in node.input[:2])


def test_every_selector_of_every_kind_is_found(tmp_path: Path) -> None:
    for backbone, variant in CASES:
        if variant == "mod-learned":
            model, path = build_tiny(tiny(backbone, variant)), tmp_path / f"{backbone}.onnx"
            quantise.write_onnx(quantise.onnx_form(model), 32 if backbone == "convnext" else 16, path)
            found = dict(selections(model, onnx.load(path).graph))
            assert list(found) == [f"stages.{stage}.1" for stage in range(len(tiny(backbone, variant).stages))]
            assert len(set(found.values())) == len(found)


def test_a_file_that_names_nodes_otherwise_is_refused(tmp_path: Path) -> None:
    model, path = one_block("resnet_basic", "mod-learned"), tmp_path / "network.onnx"
    quantise.write_onnx(quantise.onnx_form(model), 16, path)
    graph = onnx.load(path).graph
    for node in graph.node:
        if node.op_type == "TopK":
            del node.metadata_props[:]
    lacks = r"^The ONNX file lacks nodes of stages\.0\.1\.selector by their names"
    with pytest.raises(RuntimeError, match=rf"{lacks}: TopK\.$"):
        selector_nodes(model, graph)
    for node in graph.node:
        del node.metadata_props[:]
    with pytest.raises(RuntimeError, match=rf"{lacks}: two linear layers, Sigmoid, Mul, TopK\.$"):
        selector_nodes(model, graph)


@pytest.mark.parametrize(("saturates", "largest"), [(True, 64), (False, 127)])
def test_weights_have_a_scale_a_channel_and_7_bits_where_sums_overflow(
    saturates: bool, largest: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantise, "int8_saturates", lambda: saturates)
    path = tmp_path / "network.onnx"
    to_int8(one_block("resnet_basic", "mod-learned"), images(8), path)
    stored = weights(path)
    weight_OIHW = stored["stem.0.weight_quantized"]
    assert weight_OIHW.dtype == np.int8
    assert np.abs(weight_OIHW.astype(int)).max() == largest
    assert stored["stem.0.weight_scale"].shape == (len(weight_OIHW),)


def test_a_file_for_one_batch_size_is_calibrated_batch_by_batch(tmp_path: Path) -> None:
    model, path = one_block("resnet_basic", "mod-first"), tmp_path / "network.onnx"
    to_int8(model, images(6), path, batch_size=2, metadata={"architecture_id": "abc"})
    stored = onnx.load(path)
    assert [size.dim_value for size in stored.graph.input[0].type.tensor_type.shape.dim] == [2, 3, 16, 16]
    assert {entry.key: entry.value for entry in stored.metadata_props}["architecture_id"] == "abc"
    assert apart(run(path, "onnxruntime", images(2)), expected(model, images(2))) < 0.1


@pytest.mark.parametrize(("backbone", "variant"), PLAIN + CHOOSING + FIXED)
def test_half_gives_the_logits_but_for_rounding(backbone: str, variant: str, tmp_path: Path) -> None:
    model, path = one_block(backbone, variant), tmp_path / "network.onnx"
    to_half(model, 16, path)
    assert model.training
    for runtime in RUNTIMES:
        for batch_size in (1, 5):
            x_BCHW = images(batch_size, seed=batch_size)
            found_BC = run(path, runtime, x_BCHW)
            assert found_BC.dtype == np.float32
            assert apart(found_BC, expected(model, x_BCHW)) < 10 * 2**-11  # about ten layers, each of which rounds
    stored = weights(path)
    selecting = {name for name in stored if ".selector." in name}
    assert bool(selecting) == (model.stages[0][1].selector is not None if variant.startswith("mod") else False)  # type: ignore[index,union-attr]
    for name, tensor in stored.items():
        if name.endswith("weight"):
            assert tensor.dtype == (np.float32 if name in selecting else np.float16)


def test_no_path_of_this_machine_is_in_a_file(tmp_path: Path) -> None:
    model = one_block("resnet_basic", "mod-learned")
    to_int8(model, images(8), tmp_path / "int8.onnx")
    to_half(model, 16, tmp_path / "half.onnx")
    here = str(Path(quantise.__file__).parent).encode()
    for path in tmp_path.iterdir():
        assert here not in path.read_bytes()
        assert str(tmp_path).encode() not in path.read_bytes()


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantise, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"^INT8 needs more packages: pip install 'modsearch\[onnx\]'\.$"):
        to_int8(one_block("resnet_basic", "standard"), images(2), tmp_path / "network.onnx")
