"""Torch modules: blocks, backbones, and the forms in which a network is deployed."""

from modsearch.models.build import build
from modsearch.models.export import to_onnx
from modsearch.models.fold import fold_batch_norm
from modsearch.models.torchvision_weights import Loaded, load_torchvision, start_from_torchvision
from modsearch.models.weights import load_weights

__all__ = [
    "Loaded",
    "build",
    "fold_batch_norm",
    "load_torchvision",
    "load_weights",
    "start_from_torchvision",
    "to_onnx",
]
