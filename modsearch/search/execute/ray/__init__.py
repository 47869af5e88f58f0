"""The Ray executor: a study spread over the workers of a Ray cluster. Nothing else of modsearch imports ray."""

from modsearch.search.execute.ray.cluster import connect
from modsearch.search.execute.ray.executor import RayExecutor
from modsearch.search.execute.ray.images import spread

__all__ = ["RayExecutor", "connect", "spread"]
