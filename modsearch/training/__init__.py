"""Trains networks: proxies by one short recipe, and one network in full."""

from modsearch.training.loop import Diverged
from modsearch.training.proxy import fit

__all__ = ["Diverged", "fit"]
