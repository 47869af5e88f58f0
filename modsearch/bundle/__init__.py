"""Bundle: a trained network as a folder that others can run and check without modsearch."""

from modsearch.bundle.export import check_target, export_bundle
from modsearch.bundle.latency import LatencyCheck, check_latency, claims, write_latency
from modsearch.bundle.load import load
from modsearch.bundle.manifest import Damaged
from modsearch.bundle.parity import Parity
from modsearch.bundle.reduced import ReducedDtype
from modsearch.bundle.source import Source, proxy_source
from modsearch.bundle.trained import trained_source
from modsearch.bundle.verify import Verification, verify_bundle

__all__ = [
    "Damaged",
    "LatencyCheck",
    "Parity",
    "ReducedDtype",
    "Source",
    "Verification",
    "check_latency",
    "check_target",
    "claims",
    "export_bundle",
    "load",
    "proxy_source",
    "trained_source",
    "verify_bundle",
    "write_latency",
]
