"""The Mixture-of-Depths block for convolutional networks (arXiv 2409.17016, section 3)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modsearch.architecture import MoD
from modsearch.models.blocks.top_channels import TopChannels
from modsearch.models.family import Parts, Slot


class ChannelSelector(nn.Module):
    """Scores each channel of each image: pool -> linear -> ReLU -> linear, (B, C, H, W) -> logits (B, C).

    A score is the sigmoid of its logit: it is taken of the selected channels alone, and ranks them as the logits do.
    The linear layers have no bias: only so are the paper's parameter counts met. The paper does not say how their
    weights are drawn. Here hidden units come in pairs with opposite weights, one of which is active for any image:
    where none is, all scores are the same. A unit without a partner has weights above 0, as most inputs are.
    """

    def __init__(self, channels: int, num_hidden: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, num_hidden, bias=False)
        self.excite = nn.Linear(num_hidden, channels, bias=False)
        self._pair()

    @torch.no_grad()
    def _pair(self) -> None:
        weight_RC, num_pairs = self.squeeze.weight, len(self.squeeze.weight) // 2
        weight_RC[num_pairs : 2 * num_pairs] = -weight_RC[:num_pairs]
        weight_RC[2 * num_pairs :].abs_()

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Score the channels, in 32 bits also under autocast: rounded scores tie, and the index decides."""
        if torch.is_autocast_enabled(x_BCHW.device.type):
            with torch.autocast(x_BCHW.device.type, enabled=False):
                return self._logits(x_BCHW.float())
        return self._logits(x_BCHW)

    def _logits(self, x_BCHW: Tensor) -> Tensor:
        hidden_BR = F.linear(x_BCHW.mean((2, 3)), self.squeeze.weight).relu_()
        return F.linear(hidden_BR, self.excite.weight)


class MoDBlock(nn.Module):
    """Fuses block(k selected channels) into k channels and lets the others pass: (B, C, H, W) -> same.

    With learned selection the k channels with the highest scores are gathered in index order, so that a slot of the
    inner block keeps its meaning, and the result is multiplied by their scores: this alone carries the gradient to the
    selector. Of channels with the same score the first win. With fixed selection there is no selector and no factor.

    Args:
        spec: c and the variant.
        channels: C.
        inner: the block for k channels in and out.
        is_input_free: nobody else reads the input, as inside a stage.

    Attributes:
        works_in_place: fuse into the input's memory where it is free and no gradient is recorded. For a deployed
            network: a hook on the block before would see what is added here.
    """

    fixed_k: Tensor
    works_in_place: bool = False

    def __init__(self, spec: MoD, channels: int, inner: nn.Module, is_input_free: bool = False) -> None:
        super().__init__()
        self.spec = spec
        self.k = spec.num_selected(channels)
        self.num_others = channels - self.k
        self.inner = inner
        self.is_input_free = is_input_free
        self.selector = ChannelSelector(channels, spec.num_hidden(channels)) if spec.has_selector else None
        chooses = spec.selection == "learned" and self.num_others
        self.top: nn.Module | None = TopChannels(channels, self.k) if chooses else None
        if spec.selection == "random":
            self.register_buffer("fixed_k", torch.randperm(channels)[: self.k].sort().values)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Apply the block. Shapes depend on k alone, never on the data."""
        logits_BC = None if self.selector is None else self.selector(x_BCHW)
        top_Bk = self._top(x_BCHW, logits_BC)
        y_BkHW = self.inner(self._take(x_BCHW, top_Bk))
        if logits_BC is not None:
            score_Bk = (logits_BC[:, : self.k] if top_Bk is None else logits_BC.gather(1, top_Bk)).sigmoid()
            score_Bk11 = score_Bk.to(y_BkHW.dtype)[:, :, None, None]
            y_BkHW = y_BkHW.mul_(score_Bk11) if self._is_in_place() else y_BkHW * score_Bk11
        return self._fuse(x_BCHW, y_BkHW, top_Bk)

    def _is_in_place(self) -> bool:
        return self.works_in_place and not torch.is_grad_enabled()

    def _top(self, x_BCHW: Tensor, logits_BC: Tensor | None) -> Tensor | None:
        """The indices of the selected channels in rising order, or None where they are the first k."""
        if self.top is not None and logits_BC is not None:
            return self.top(logits_BC)  # type: ignore[no-any-return]
        if self.spec.selection == "random" and self.num_others:
            return self.fixed_k.expand(x_BCHW.shape[0], -1)
        return None

    def _take(self, x_BCHW: Tensor, top_Bk: Tensor | None) -> Tensor:
        """The selected channels.

        Where they are the same for all images, no node of an exported graph asks for B: OpenVINO computes 8-bit
        integers wrongly in a file for any batch size that has such a node.
        """
        if top_Bk is None:
            return x_BCHW[:, : self.k]
        if self.spec.selection == "random":
            return x_BCHW.index_select(1, self.fixed_k)
        return x_BCHW.gather(1, _everywhere(top_Bk, x_BCHW))

    def _fuse(self, x_BCHW: Tensor, y_BkHW: Tensor, top_Bk: Tensor | None) -> Tensor:
        """Put the result where the specification says."""
        adds, in_place = self.spec.rule == "add", self.is_input_free and self._is_in_place()
        if self.spec.position == "original" and top_Bk is not None:
            channel_BkHW = _everywhere(top_Bk, x_BCHW)
            target_BCHW = x_BCHW if in_place else x_BCHW.clone()
            y_BkHW = y_BkHW.to(x_BCHW.dtype)
            return (target_BCHW.scatter_add_ if adds else target_BCHW.scatter_)(1, channel_BkHW, y_BkHW)
        num_before, num_after = (self.num_others, 0) if self.spec.position == "last" else (0, self.num_others)
        if in_place:
            target_BkHW = x_BCHW.narrow(1, num_before, self.k)
            _ = target_BkHW.add_(y_BkHW) if adds else target_BkHW.copy_(y_BkHW)
            return x_BCHW
        if adds:
            return x_BCHW + F.pad(y_BkHW, (0, 0, 0, 0, num_before, num_after))
        return torch.cat((x_BCHW[:, :num_before], y_BkHW, x_BCHW[:, num_before + self.k :]), dim=1)


def build_mod(parts: Parts, slot: Slot, block: MoD) -> MoDBlock:
    """The module for a MoD block. It stands inside a stage, where nobody else reads its input."""
    inner = parts.inner(slot, block.num_selected(slot.in_channels), block.inner_shortcut, block.inner_relu)
    return MoDBlock(block, slot.in_channels, inner, is_input_free=True)


def selector_parameters(model: nn.Module) -> list[nn.Parameter]:
    """The weights of all selectors of a network."""
    selectors = [module for module in model.modules() if isinstance(module, ChannelSelector)]
    return [parameter for selector in selectors for parameter in selector.parameters()]


def _everywhere(top_Bk: Tensor, x_BCHW: Tensor) -> Tensor:
    """Indices of channels as indices of all their pixels."""
    return top_Bk[:, :, None, None].expand(-1, -1, *x_BCHW.shape[2:])
