"""The graph is static: torch.export and ONNX take it with any batch size."""

from pathlib import Path

import onnxruntime
import pytest
import torch

from modsearch.architecture import Architecture, Standard
from modsearch.models import export
from modsearch.models.export import to_onnx
from tests.models.tiny import KINDS, build_tiny, images, tiny, variant_block

pytestmark = pytest.mark.slow

FUSIONS = [("resnet_basic", name) for name in ("mod-original", "mod-last-replace", "mod-random-original")]


def one_block(backbone: str, variant: str) -> Architecture:
    """As few nodes as possible: the block in question stands in the first stage alone."""
    network = tiny(backbone, "standard")
    others = ((Standard(),),) * (len(network.stages) - 1)
    return network.model_copy(update={"stages": ((Standard(), variant_block(variant)), *others)})


@pytest.mark.parametrize(("backbone", "variant"), KINDS + FUSIONS)
def test_the_exported_graph_runs_at_other_batch_sizes(backbone: str, variant: str) -> None:
    model = build_tiny(one_block(backbone, variant)).eval()
    with torch.no_grad():
        shapes = {"x_BCHW": {0: torch.export.Dim("batch", min=1, max=64)}}
        graph = torch.export.export(model, (images(2),), dynamic_shapes=shapes).module()
        for batch_size in (1, 2, 7):
            x_BCHW = images(batch_size, seed=batch_size)
            torch.testing.assert_close(graph(x_BCHW), model(x_BCHW))


@pytest.mark.parametrize(("backbone", "variant"), KINDS + FUSIONS)
def test_onnxruntime_gives_the_same_logits(backbone: str, variant: str, tmp_path: Path) -> None:
    model, path = build_tiny(one_block(backbone, variant)), tmp_path / "network.onnx"
    to_onnx(model, 16, path)
    assert model.training
    assert [file.name for file in tmp_path.iterdir()] == ["network.onnx"]
    session = onnxruntime.InferenceSession(path.read_bytes(), _one_thread())
    for batch_size in (1, 5):
        x_BCHW = images(batch_size, seed=batch_size)
        with torch.no_grad():
            expected = model.eval()(x_BCHW)
        (logits,) = session.run(["logits"], {"images": x_BCHW.numpy()})
        torch.testing.assert_close(torch.from_numpy(logits), expected, rtol=1e-4, atol=1e-4)


def _one_thread() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return options


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install 'modsearch\[onnx\]'\.$"):
        to_onnx(build_tiny(tiny("resnet_basic", "standard")), 16, tmp_path / "network.onnx")
