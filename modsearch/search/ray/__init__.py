"""The Ray executor: a study spread over the workers of a Ray cluster. Nothing else of modsearch imports ray."""

from modsearch.search.ray.executor import RayExecutor
from modsearch.search.ray.images import prepare

__all__ = ["RayExecutor", "prepare"]
