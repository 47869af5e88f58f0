"""Hypothesis strategies for architectures."""

from fractions import Fraction

from hypothesis import strategies as st

from modsearch.architecture import BACKBONES, Architecture, Block, MoD, Standard

cs = st.fractions(min_value=1, max_value=200, max_denominator=12)
mods = st.builds(
    MoD,
    c=cs,
    reduction=st.integers(1, 32),
    selection=st.sampled_from(["learned", "random", "first"]),
    inner_shortcut=st.booleans(),
    inner_relu=st.booleans(),
)
blocks: st.SearchStrategy[Block] = mods | st.builds(Standard)
stages = st.lists(blocks, max_size=5).map(lambda rest: (Standard(), *rest))


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    num_stages = draw(st.sampled_from([3, 4]))
    return Architecture(
        backbone=draw(st.sampled_from(list(BACKBONES))),
        stem=draw(st.sampled_from(["imagenet", "cifar"])),
        widths=tuple(draw(st.lists(st.integers(1, 600), min_size=num_stages, max_size=num_stages))),
        stages=tuple(draw(st.lists(stages, min_size=num_stages, max_size=num_stages))),
    )


def three_stages(*last: Block, widths: tuple[int, ...] = (16, 32, 64)) -> Architecture:
    """A basic CIFAR ResNet with one block in its first two stages, and these after the first block of the last."""
    one: tuple[Block, ...] = (Standard(),)
    return Architecture(backbone="resnet_basic", stem="cifar", widths=widths, stages=(one, one, (*one, *last)))


def mod(c: str | int, **fields: object) -> MoD:
    return MoD.model_validate({"c": Fraction(c), **fields})
