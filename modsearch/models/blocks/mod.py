"""The Mixture-of-Depths block for convolutional networks (arXiv 2409.17016, section 3)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.architecture import MoD


class ChannelSelector(nn.Module):
    """Scores each channel of each image: pool -> linear -> ReLU -> linear -> sigmoid, (B, C, H, W) -> (B, C) in (0, 1).

    The linear layers have no bias: only so are the paper's parameter counts met.
    """

    def __init__(self, channels: int, num_hidden: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, num_hidden, bias=False)
        self.excite = nn.Linear(num_hidden, channels, bias=False)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Score the channels, in 32 bits also under autocast: rounded scores tie, and a tie is broken arbitrarily."""
        if torch.is_autocast_enabled(x_BCHW.device.type):
            with torch.autocast(x_BCHW.device.type, enabled=False):
                return self._score(x_BCHW.float())
        return self._score(x_BCHW)

    def _score(self, x_BCHW: Tensor) -> Tensor:
        pooled_BC = x_BCHW.mean((2, 3))
        return self.excite(self.squeeze(pooled_BC).relu()).sigmoid()  # type: ignore[no-any-return]


class MoDBlock(nn.Module):
    """Adds block(selected channels) onto the first k channels and lets the others pass: (B, C, H, W) -> same.

    With learned selection the k channels with the highest scores are gathered in index order, so that a slot of the
    inner block keeps its meaning, and the result is multiplied by their scores: this alone carries the gradient to the
    selector. With fixed selection there is no selector and no factor.

    Args:
        spec: c and the variant.
        channels: C.
        inner: the block for k channels in and out.
        overwrite_input: add into the input's memory when no gradient is recorded. Only for an input that nobody else
            reads, as inside a stage.
    """

    fixed_k: Tensor

    def __init__(self, spec: MoD, channels: int, inner: nn.Module, overwrite_input: bool = False) -> None:
        super().__init__()
        self.k = spec.num_selected(channels)
        self.inner = inner
        self.overwrite_input = overwrite_input
        self.selector = ChannelSelector(channels, spec.num_hidden(channels)) if spec.selection == "learned" else None
        if spec.selection == "random":
            self.register_buffer("fixed_k", torch.randperm(channels)[: self.k].sort().values)
        self.selection = spec.selection

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Apply the block. Shapes depend on k alone, never on the data."""
        if self.selector is not None:
            y_BkHW = self._selected_by_score(x_BCHW, self.selector(x_BCHW))
        elif self.selection == "random":
            y_BkHW = self.inner(x_BCHW.index_select(1, self.fixed_k))
        else:
            y_BkHW = self.inner(x_BCHW[:, : self.k])
        if self.overwrite_input and not torch.is_grad_enabled():
            x_BCHW[:, : self.k] += y_BkHW
            return x_BCHW
        return x_BCHW + F.pad(y_BkHW, (0, 0, 0, 0, 0, x_BCHW.shape[1] - self.k))

    def _selected_by_score(self, x_BCHW: Tensor, score_BC: Tensor) -> Tensor:
        top_Bk = score_BC.topk(self.k, dim=1, sorted=False).indices.sort(dim=1).values
        selected_BkHW = x_BCHW.gather(1, top_Bk[:, :, None, None].expand(-1, -1, *x_BCHW.shape[2:]))
        return self.inner(selected_BkHW) * score_BC.gather(1, top_Bk).to(x_BCHW.dtype)[:, :, None, None]  # type: ignore[no-any-return]
