"""modsearch: multi-objective architecture search over where Mixture-of-Depths blocks go in convolutional networks.

The public names below are loaded when they are first used: importing modsearch imports neither torch nor optuna.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "Architecture": "modsearch.architecture",
    "MoD": "modsearch.architecture",
    "Standard": "modsearch.architecture",
    "preset": "modsearch.architecture",
    "SearchSpace": "modsearch.space",
    "StudySpec": "modsearch.space",
    "load_spec": "modsearch.space",
    "build": "modsearch.models",
    "measure": "modsearch.scoring",
    "profile": "modsearch.scoring",
    "load": "modsearch.bundle",
    "load_study": "modsearch.search",
}

__version__ = "0.1.0"
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'modsearch' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
