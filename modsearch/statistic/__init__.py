"""Numbers in, numbers out: dominance, hypervolume, intervals, information."""

from modsearch.statistic.front import dominates, hypervolume, pareto_front

__all__ = ["dominates", "hypervolume", "pareto_front"]
