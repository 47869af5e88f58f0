"""The k highest of C scores, the same ones in every runtime: the lower index wins a tie.

Ties are no rarity: where the hidden units of a selector are silent, all channels have the same score. torch's ``topk``
promises nothing about them, and a stable sort costs many times as much.
"""

import torch
from torch import Tensor, nn

_STEP = 2.0**-50
"""The fraction of a score by which each index lowers it: its next float lies 2**-24 away, its next double 2**-53."""
_ZERO = 2.0**-180
"""Added to what is multiplied by that fraction, for a score of 0; next to any other float it vanishes."""


class TopChannels(nn.Module):
    """Scores (B, C) -> the indices of the k highest of each image in rising order, int64 (B, k).

    The scores of one image are 32-bit floats. As doubles they have room for the index: no two are equal then, so that
    it does not matter how a device breaks ties.

    Args:
        channels: C, at most 2**20.
        k: how many, at most C.
    """

    index_C: Tensor  # noqa: N815

    def __init__(self, channels: int, k: int) -> None:
        super().__init__()
        self.k = k
        self.register_buffer("index_C", torch.arange(channels), persistent=False)

    def forward(self, score_BC: Tensor) -> Tensor:
        """Select."""
        fixed_BC = score_BC.detach() if score_BC.requires_grad else score_BC
        exact_BC = fixed_BC.to(torch.float64, copy=True)
        unequal_BC = exact_BC.addcmul_(exact_BC.abs().add_(_ZERO), self.index_C, value=-_STEP)
        return unequal_BC.topk(self.k, dim=1, sorted=False).indices.sort(dim=1).values


class TopChannelsOnnx(nn.Module):
    """The same as an ONNX node: ``TopK`` takes the lower index of two equal values, as its specification says."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, score_BC: Tensor) -> Tensor:
        """Select, in a graph that is being exported."""
        shape = (score_BC.shape[0], self.k)
        _, top_Bk = torch.onnx.ops.symbolic_multi_out(
            "TopK",
            (score_BC, torch.tensor([self.k])),
            {"axis": 1, "largest": 1, "sorted": 0},
            dtypes=(score_BC.dtype, torch.int64),
            shapes=(shape, shape),
        )
        return top_Bk.sort(dim=1).values
