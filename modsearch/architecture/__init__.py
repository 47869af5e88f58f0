"""Values: what a network is."""

from modsearch.architecture.architecture import Architecture
from modsearch.architecture.backbone import BACKBONES, Backbone, check_backbone
from modsearch.architecture.block import Block, MoD, Standard
from modsearch.architecture.number import Finite, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Whole
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

__all__ = [
    "BACKBONES",
    "ORDERS",
    "Architecture",
    "Backbone",
    "Block",
    "Finite",
    "Mask",
    "MoD",
    "NonNegativeFloat",
    "NonNegativeInt",
    "Order",
    "PlacementName",
    "PositiveFloat",
    "PositiveInt",
    "Published",
    "Rational",
    "Standard",
    "Whole",
    "arrange",
    "check_backbone",
    "name_placement",
    "preset",
    "published",
    "published_name",
    "rule_mask",
    "stage_allows",
    "write_rational",
]
