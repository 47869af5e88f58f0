"""Our sampler: learns accuracy, knows the rest, and ranks every network by expected hypervolume improvement."""

from modsearch.search.propose.ehvi.network_pool import network_pool
from modsearch.search.propose.ehvi.observation import Aim
from modsearch.search.propose.ehvi.pool import Pool
from modsearch.search.propose.ehvi.prediction import Prediction
from modsearch.search.propose.ehvi.sampler import NUM_FIRST, EhviSampler

__all__ = ["NUM_FIRST", "Aim", "EhviSampler", "Pool", "Prediction", "network_pool"]
