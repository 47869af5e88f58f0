"""Latency of networks beside each other: rounds in fresh processes, ratios of the same round."""

from modsearch.scoring.latency.protocol import PROTOCOL, time_networks
from modsearch.scoring.latency.rounds import build_target
from modsearch.scoring.latency.timing import Timing

__all__ = ["PROTOCOL", "Timing", "build_target", "time_networks"]
