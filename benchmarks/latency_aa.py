"""Networks timed beside themselves, two instances that are built apart: how far from 1.00, and how long it takes.

    python benchmarks/latency_aa.py [--repeats 5] [--network resnet18 ...] [--runtime eager ...] [--batch-size 1 16]
                                    [--device cpu] [--dtype float32] [--threads 2] [--seconds 60]

The goal is 1.00 within 3 % on a CPU and 1 % on a GPU, each time. Runtimes that this machine does not have are left out,
and the JSON says why. What was measured before and is not measured again stays there.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from modsearch.architecture import preset
from modsearch.message import parse
from modsearch.scoring import time_networks
from modsearch.space import Deployment, TimingProtocol
from modsearch.space.deployment import Runtime

RESULT = Path(__file__).parent / "results" / "latency_aa.json"
NETWORKS = ("resnet18", "resnet20_cifar", "mobilenet_v2")


def deployment(name: str, runtime: str, batch_size: int, given: argparse.Namespace) -> Deployment:
    network = preset(name)
    fields = {"image_size": network.image_size, "num_classes": network.num_classes, "batch_size": batch_size}
    where = {"device": given.device, "dtype": given.dtype, "threads": given.threads, "runtime": runtime}
    return parse(Deployment, fields | where)


def repeated(name: str, place: Deployment, given: argparse.Namespace) -> dict[str, Any]:
    """Ratios of all repeats, and how each came about."""
    network, limit = preset(name).architecture, TimingProtocol().half_width_for(place)
    ratios, half_widths, seconds, endings, num_processes = [], [], [], [], []
    for _ in range(given.repeats):
        start = time.perf_counter()
        timing = time_networks({"a": network, "b": network}, place, TimingProtocol(seconds=given.seconds))
        seconds.append(time.perf_counter() - start)
        found = timing.relative_latency("a", "b")
        ratios.append(found.value)
        half_widths.append((found.high - found.low) / 2)
        endings.append(timing.ending)
        num_processes.append(len(timing.times_ms["a"]))
    return {
        "ratios": ratios,
        "half_widths": half_widths,
        "limit": limit,
        "num_within": sum(abs(ratio - 1) <= limit for ratio in ratios),
        "largest_deviation": max(abs(ratio - 1) for ratio in ratios),
        "latency_ms": timing.latency_ms("a").value,
        "endings": endings,
        "processes": num_processes,
        "seconds": seconds,
        "environment": timing.environment.describe(),
    }


def cases(given: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    for runtime in given.runtime:
        for name in given.network:
            for batch_size in given.batch_size:
                yield name, runtime, batch_size


def show(found: dict[str, Any]) -> str:
    count = f"{found['num_within']} of {len(found['ratios'])} within {100 * found['limit']:g} %"
    furthest = f"furthest {100 * found['largest_deviation']:.2f} %"
    return f"{count}, {furthest}; {statistics.median(found['seconds']):.1f} s, at most {max(found['seconds']):.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", nargs="+", default=NETWORKS)
    parser.add_argument("--runtime", nargs="+", default=get_args(Runtime))
    parser.add_argument("--batch-size", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=TimingProtocol().seconds)
    given = parser.parse_args()
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for name, runtime, batch_size in cases(given):
        key = f"{name}, {runtime}, {given.device}, {given.dtype}, {given.threads} threads, batch size {batch_size}"
        try:
            result[key] = repeated(name, deployment(name, runtime, batch_size, given), given)
            print(f"{key}: {show(result[key])}", flush=True)
        except ValueError as error:
            result[key] = {"left out": str(error)}
            print(f"{key}: left out: {error}", flush=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
