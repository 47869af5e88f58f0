"""Trains networks: one recipe for all of a study, and checkpoints of it."""

from modsearch.training.recipe import Diverged, fit

__all__ = ["Diverged", "fit"]
