"""Hypothesis strategies for architectures."""

from fractions import Fraction

from hypothesis import strategies as st

from modsearch.architecture import BACKBONES, Architecture, Backbone, Block, MoD, Standard

cs = st.fractions(min_value=1, max_value=200, max_denominator=12)


def mods(table: Backbone) -> st.SearchStrategy[MoD]:
    """Every variant that a block of this backbone can have."""
    return st.builds(
        MoD,
        c=st.fractions(min_value=1, max_value=4, max_denominator=12) if table.min_selected > 1 else cs,
        reduction=st.integers(1, 32),
        selection=st.sampled_from(["learned", "random", "first", "first_scored"]),
        position=st.sampled_from(["first", "last", "original"]),
        rule=st.sampled_from(["add", "replace"]),
        inner_shortcut=st.booleans() if table.has_shortcut else st.just(True),
        inner_relu=st.booleans() if table.has_final_relu else st.just(True),
    )


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    table = BACKBONES[draw(st.sampled_from(list(BACKBONES)))]
    num_stages = draw(st.sampled_from(table.num_stages))
    blocks: st.SearchStrategy[Block] = mods(table) | st.builds(Standard)
    stages = st.lists(blocks, max_size=5).map(lambda rest: (Standard(), *rest))
    widths = st.integers(4 * table.min_selected if table.min_selected > 1 else 1, 600)
    return Architecture(
        backbone=table.name,
        stem=draw(st.sampled_from(table.stems)),
        widths=tuple(draw(st.lists(widths, min_size=num_stages, max_size=num_stages))),
        stages=tuple(draw(st.lists(stages, min_size=num_stages, max_size=num_stages))),
    )


def three_stages(*last: Block, widths: tuple[int, ...] = (16, 32, 64)) -> Architecture:
    """A basic CIFAR ResNet with one block in its first two stages, and these after the first block of the last."""
    one: tuple[Block, ...] = (Standard(),)
    return Architecture(backbone="resnet_basic", stem="cifar", widths=widths, stages=(one, one, (*one, *last)))


def mod(c: str | int, **fields: object) -> MoD:
    return MoD.model_validate({"c": Fraction(c), **fields})
