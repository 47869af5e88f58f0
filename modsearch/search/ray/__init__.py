"""The Ray executor: a study spread over the workers of a Ray cluster. Nothing else of modsearch imports ray."""

from modsearch.search.ray.executor import RayExecutor

__all__ = ["RayExecutor"]
