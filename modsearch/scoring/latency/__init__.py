"""Latency of networks beside each other: rounds in fresh processes, ratios of the same round."""

from modsearch.scoring.latency.fresh_process import start_server
from modsearch.scoring.latency.protocol import PROTOCOL, time_networks
from modsearch.scoring.latency.rounds import build_target
from modsearch.scoring.latency.timing import Timing

__all__ = ["PROTOCOL", "Timing", "build_target", "start_server", "time_networks"]
