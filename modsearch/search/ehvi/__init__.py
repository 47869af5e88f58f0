"""Our sampler: learns accuracy, knows the rest, and ranks every network by expected hypervolume improvement."""

from modsearch.search.ehvi.network_pool import network_pool
from modsearch.search.ehvi.observation import Task
from modsearch.search.ehvi.pool import Pool
from modsearch.search.ehvi.sampler import NUM_FIRST, EhviSampler

__all__ = ["NUM_FIRST", "EhviSampler", "Pool", "Task", "network_pool"]
