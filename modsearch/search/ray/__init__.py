"""The Ray executor: a study spread over the workers of a Ray cluster. Nothing else of modsearch imports ray."""

from modsearch.search.ray.cluster import connect
from modsearch.search.ray.executor import RayExecutor
from modsearch.search.ray.images import spread

__all__ = ["RayExecutor", "connect", "spread"]
