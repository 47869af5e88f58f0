"""Torch modules: blocks, backbones, and the forms in which a network is deployed."""

from modsearch.models.build import build
from modsearch.models.export import to_onnx
from modsearch.models.fold import fold_batch_norm

__all__ = ["build", "fold_batch_norm", "to_onnx"]
