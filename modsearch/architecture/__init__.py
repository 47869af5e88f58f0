"""Values: what a network is."""

from modsearch.architecture.architecture import Architecture
from modsearch.architecture.backbone import BACKBONES, Backbone
from modsearch.architecture.block import Block, MoD, Standard
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
    "Mask",
    "MoD",
    "Order",
    "PlacementName",
    "Published",
    "Rational",
    "Standard",
    "arrange",
    "name_placement",
    "preset",
    "published",
    "published_name",
    "rule_mask",
    "stage_allows",
    "write_rational",
]
