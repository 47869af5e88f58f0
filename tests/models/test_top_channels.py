"""Which channels are selected where scores are tied: the lower index, in every runtime."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch import Tensor, nn

from modsearch.architecture import MoD
from modsearch.models.blocks.mod import MoDBlock
from modsearch.models.blocks.top_channels import TopChannels
from modsearch.models.runtime import deploy
from tests.models.test_runtime import logits, outcome, place
from tests.models.tiny import build_tiny, images, tiny

NEXT = 1 + 2**-23  # the float after 1
SMALLEST = 2.0**-149  # the float after 0

# scores, k, the channels that win, worked out by hand
GOLDEN = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 3, [0, 1, 2]),
    ([0, 1, 0, 1, 0, 1, 0, 1], 3, [1, 3, 5]),
    ([1, 0, 1, 2, 0, 1, 1, 2], 4, [0, 2, 3, 7]),
    ([-1, -1, -2, -1, -1, -1, -3, -1], 2, [0, 1]),
    ([-5, -4, -5, -4, -5, -4, -5, -4], 6, [0, 1, 2, 3, 5, 7]),
    ([-0.0, 0.0, -0.0, 0.0, -1.0, 0.0, 0.0, 0.0], 3, [0, 1, 2]),
    ([1, 1, NEXT, 1, 1, NEXT, 1, 1], 3, [0, 2, 5]),
    ([-NEXT, -1, -NEXT, -1, -NEXT, -1, -1, -1], 3, [1, 3, 5]),
    ([0, 0, 0, SMALLEST, 0, 0, 0, SMALLEST], 3, [0, 3, 7]),
    ([1e38, -1e38, 1e38, -1e38, 3e38, 1e38, 0, 0], 3, [0, 2, 4]),
]
golden = pytest.mark.parametrize(("score_C", "k", "chosen_k"), GOLDEN)


def tied(score_C: list[float], k: int) -> nn.Module:
    """A network with one MoD block whose logits are one positive number an image times these scores."""
    spec = MoD(c=len(score_C) / k, reduction=16)
    network = tiny("resnet_basic", "standard")
    stages = ((network.stages[0][0], spec), *network.stages[1:])
    model = build_tiny(network.model_copy(update={"stages": stages}))
    (block,) = (module for module in model.modules() if isinstance(module, MoDBlock))
    assert block.selector is not None
    with torch.no_grad():
        block.selector.squeeze.weight.fill_(0.02)
        block.selector.excite.weight.copy_(torch.tensor(score_C, dtype=torch.float32)[:, None])
    return model


@golden
def test_the_lower_index_wins_a_tie(score_C: list[float], k: int, chosen_k: list[int]) -> None:
    score_BC = torch.tensor([score_C, score_C], dtype=torch.float32)
    top = TopChannels(len(score_C), k)
    assert top(score_BC).tolist() == [chosen_k, chosen_k]
    assert top.double()(score_BC).tolist() == [chosen_k, chosen_k]  # the format of a module's weights changes nothing
    assert torch.compile(top, fullgraph=True)(score_BC).tolist() == [chosen_k, chosen_k]


@pytest.mark.gpu
@golden
def test_the_lower_index_wins_a_tie_on_a_gpu(score_C: list[float], k: int, chosen_k: list[int]) -> None:
    score_BC = torch.tensor([score_C, score_C], dtype=torch.float32, device="cuda")
    assert TopChannels(len(score_C), k).cuda()(score_BC).tolist() == [chosen_k, chosen_k]


@given(st.integers(2, 300), st.integers(1, 6), st.integers(0, 2**31), st.data())
def test_it_is_the_stable_order(num_channels: int, num_values: int, seed: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, num_channels))
    score_BC = torch.randn(num_values, generator=torch.Generator().manual_seed(seed))[
        torch.randint(num_values, (4, num_channels), generator=torch.Generator().manual_seed(seed))
    ]
    expected_Bk = score_BC.sort(dim=1, descending=True, stable=True).indices[:, :k].sort(dim=1).values
    assert torch.equal(TopChannels(num_channels, k)(score_BC), expected_Bk)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_a_dead_selector_is_the_first_k_at_half_their_score(k: int) -> None:
    model = tied([0] * 8, k)
    (block,) = (module for module in model.modules() if isinstance(module, MoDBlock))
    x_BCHW = torch.randn(3, 8, 4, 4)
    with torch.no_grad():
        expected_BCHW = x_BCHW.clone()
        expected_BCHW[:, :k] += 0.5 * block.eval().inner(x_BCHW[:, :k])
        torch.testing.assert_close(block(x_BCHW), expected_BCHW)


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["eager", "compile", "onnxruntime", "openvino"])
@pytest.mark.parametrize("row", [0, 2, 4], ids=["dead", "straddling", "negative"])
def test_every_runtime_takes_the_same_channels(runtime: str, row: int) -> None:
    score_C, k, _ = GOLDEN[row]
    model = tied(score_C, k).eval()
    found_BC = outcome(deploy(model, place(runtime), images(2)))
    torch.testing.assert_close(found_BC, logits(model, images(2)), rtol=1e-4, atol=1e-4)


@pytest.mark.gpu
@pytest.mark.parametrize("runtime", ["eager", "compile", "cuda_graph"])
@pytest.mark.parametrize("row", [0, 2, 4])
def test_a_gpu_takes_the_same_channels(runtime: str, row: int) -> None:
    score_C, k, _ = GOLDEN[row]
    model = tied(score_C, k).eval()
    found_BC = outcome(deploy(model, place(runtime, device="cuda"), images(2))).cpu()
    torch.testing.assert_close(found_BC, logits(model, images(2)), rtol=1e-3, atol=1e-3)


@golden
def test_torch_export_takes_the_same_channels(score_C: list[float], k: int, chosen_k: list[int]) -> None:
    top = TopChannels(len(score_C), k)
    score_BC = torch.tensor([score_C] * 2, dtype=torch.float32)
    shapes = {"score_BC": {0: torch.export.Dim("batch", min=1, max=64)}}
    graph = torch.export.export(top, (score_BC,), dynamic_shapes=shapes).module()
    for batch_size in (1, 2, 5):
        assert graph(score_BC[:1].expand(batch_size, -1).contiguous()).tolist() == [chosen_k] * batch_size


class HigherWins(nn.Module):
    """The rule turned round."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, score_BC: Tensor) -> Tensor:
        num_channels = score_BC.shape[1]
        turned_Bk = score_BC.flip(1).sort(dim=1, descending=True, stable=True).indices[:, : self.k]
        return (num_channels - 1 - turned_Bk).sort(dim=1).values


@pytest.mark.parametrize("row", [0, 2, 4])
def test_other_channels_would_show_in_the_logits(row: int) -> None:
    """Otherwise the tests of runtimes above could not fail."""
    score_C, k, _ = GOLDEN[row]
    model = tied(score_C, k)
    right_BC = logits(model, images(2))
    (block,) = (module for module in model.modules() if isinstance(module, MoDBlock))
    block.top = HigherWins(k)
    assert (logits(model, images(2)) - right_BC).abs().max() > 1e-3
