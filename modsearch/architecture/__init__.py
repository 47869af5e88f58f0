"""Values: what a network is."""

from modsearch.architecture.architecture import Architecture
from modsearch.architecture.backbone import BACKBONES, Backbone, check_backbone, check_size
from modsearch.architecture.block import Block, Standard
from modsearch.architecture.kind import BlockKind
from modsearch.architecture.mod import TIE_RULE, MoD, Position, Rule, Selection
from modsearch.architecture.narrow import Narrow
from modsearch.architecture.number import (
    BatchSize,
    Finite,
    ImageSize,
    NonNegativeFloat,
    NonNegativeInt,
    NumClasses,
    PositiveFloat,
    PositiveInt,
    Threads,
    Whole,
    Width,
)
from modsearch.architecture.part import Part, block_part, network_family, network_parts, run_part
from modsearch.architecture.placement import (
    ORDERS,
    Mask,
    Order,
    PlacementName,
    arrange,
    name_placement,
    rule_mask,
    stage_allows,
)
from modsearch.architecture.published import Published, preset, published, published_name
from modsearch.architecture.rational import Rational, write_rational
from modsearch.architecture.swap import Change, Swap, swaps

__all__ = [
    "BACKBONES",
    "ORDERS",
    "TIE_RULE",
    "Architecture",
    "Backbone",
    "BatchSize",
    "Block",
    "BlockKind",
    "Change",
    "Finite",
    "ImageSize",
    "Mask",
    "MoD",
    "Narrow",
    "NonNegativeFloat",
    "NonNegativeInt",
    "NumClasses",
    "Order",
    "Part",
    "PlacementName",
    "Position",
    "PositiveFloat",
    "PositiveInt",
    "Published",
    "Rational",
    "Rule",
    "Selection",
    "Standard",
    "Swap",
    "Threads",
    "Whole",
    "Width",
    "arrange",
    "block_part",
    "check_backbone",
    "check_size",
    "name_placement",
    "network_family",
    "network_parts",
    "preset",
    "published",
    "published_name",
    "rule_mask",
    "run_part",
    "stage_allows",
    "swaps",
    "write_rational",
]
