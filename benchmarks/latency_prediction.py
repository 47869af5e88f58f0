"""How well a latency table predicts networks that it has not seen, beside lines through GMACs and through parameters.

    python benchmarks/latency_prediction.py SPACE --table FILE [--runtime eager ...] [--networks 40] [--seconds 60]

For each runtime: measures the table, or goes on with it (FILE is written with the runtime in its name where there are
several), then times networks of the space that were drawn at random and are in no table, beside the reference. The two
lines are fitted to the table's own calibration networks, with the weights of the table. Prints the errors, writes them
to benchmarks/results and draws them. An interrupted run goes on, and what was timed badly is timed anew; the machine
must do nothing else.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.latency_prediction_figure import Array, write_figure
from modsearch.architecture import Architecture
from modsearch.record import LatencyTable, Measurement
from modsearch.scoring import build_target, count
from modsearch.scoring.latency_table import (
    GROUP,
    begin_latency_table,
    draw_networks,
    measure_latency_table,
    table_protocol,
    time_group,
)
from modsearch.space import StudySpec, load_spec

Held = dict[str, Measurement]

RESULTS = Path(__file__).parent / "results"
SEED = 1  # the calibration networks are drawn with 0
SHARES = (0.03, 0.05, 0.1)
RUNTIMES = ("eager", "compile", "cuda_graph", "onnxruntime", "openvino")


def study(space: str, place: str | None, runtime: str) -> tuple[StudySpec, str]:
    """The study with one of its deployments and this runtime there, and that deployment's name."""
    spec = load_spec(space)
    place = place or next(iter(spec.deployments))
    deployment = spec.deployments[place].model_dump() | {"runtime": runtime}
    others = {"objectives": ("accuracy", "params"), "constraints": (), "latency_tables": {}}
    return spec.with_overrides({"deployments": {place: deployment}, **others}), place


def held_out(spec: StudySpec, table: LatencyTable, number: int, path: Path) -> tuple[list[Architecture], Held]:
    """Networks in no table, and their measured relative latencies by id, written as they come."""
    networks = draw_networks(spec.space, number, SEED, [each.architecture for each in table.networks])
    stored = json.loads(path.read_text()) if path.exists() else {}
    found = {id_: Measurement.model_validate(each) for id_, each in stored.items()}
    assert all(each.environment == table.environment for each in found.values()), f"{path} is of another environment"
    limit = 3 * table.protocol.half_width_for(table.deployment)  # as for the table's networks
    waiting = [each for each in networks if each.id not in found or found[each.id].half_width > limit]
    for start in range(0, len(waiting), GROUP):
        found |= time_group(waiting[start : start + GROUP], spec, table)
        path.write_text(json.dumps({id_: each.model_dump(mode="json") for id_, each in found.items()}))
        print(f"held-out networks timed: {min(start + GROUP, len(waiting))} of {len(waiting)}", flush=True)
    return networks, found


def counts(networks: Sequence[Architecture], table: LatencyTable) -> dict[str, Array]:
    """GMACs and parameters of each network."""
    size = table.deployment.image_size
    found = [count(build_target(each, table.deployment), size) for each in networks]
    return {"gmacs": np.array([each.gmacs for each in found]), "params": np.array([each.params for each in found])}


def line(x_N: Array, y_N: Array, deviation_N: Array) -> Callable[[Array], Array]:
    """Least squares of a + b x, each value weighted by what is known of it."""
    design_N2 = np.stack([np.ones_like(x_N), x_N], axis=1)
    slope = np.linalg.lstsq(design_N2 / deviation_N[:, None], y_N / deviation_N, rcond=None)[0]
    return lambda x_M: slope[0] + slope[1] * x_M


def predictions(table: LatencyTable, networks: Sequence[Architecture]) -> dict[str, Array]:
    """By predictor the relative latency of each network. The lines forgive noise as the table does."""
    fitted = [each for each in table.networks if each.role == "calibration"]
    x = counts([each.architecture for each in fitted], table)
    y_N = np.array([each.relative_latency for each in fitted])
    deviation_N = np.hypot([(each.high - each.low) / 4 for each in fitted], 0.01 * y_N)
    found = {name: line(x[name], y_N, deviation_N)(x_M) for name, x_M in counts(networks, table).items()}
    return {"table": np.array([table.predict(each).value for each in networks])} | found


def errors(predicted_N: Array, measured_N: Array) -> dict[str, float]:
    """Mean absolute error, shares within some errors, all relative to the measured value; rank correlation."""
    error_N = np.abs(predicted_N / measured_N - 1)
    shares = {f"within_{100 * share:g}_percent": float(np.mean(error_N <= share)) for share in SHARES}
    return {"mape": float(error_N.mean()), **shares, "spearman": float(spearmanr(predicted_N, measured_N).statistic)}


def bench(
    spec: StudySpec, place: str, path: Path, given: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, Array]]:
    """What one runtime gives: figures for the JSON, and what is drawn."""

    def show(done: int, total: int) -> None:
        print(f"{path.name}: {done} of {total} networks of the table timed", flush=True)

    begun = begin_latency_table(spec, place, path, table_protocol(spec, given.seconds))
    table = measure_latency_table(begun, spec, path, given.calibration, show)
    networks, held = held_out(spec, table, given.networks, path.with_suffix(".held-out.json"))
    measured = [held[each.id] for each in networks]
    measured_N = np.array([each.value for each in measured])
    predicted = predictions(table, networks)
    error = float(np.exp(table.log_error))
    ratio_N = measured_N / predicted["table"]
    facts = {
        "deployment": table.deployment.model_dump(mode="json"),
        "environment": table.environment.model_dump(mode="json"),
        "num_table_networks": len(table.networks),
        "num_held_out": len(networks),
        "median_half_width_of_measured": float(np.median([each.half_width for each in measured])),
        "half_width_of_predicted": error - 1,
        "measured_inside_predicted_interval": float(np.mean((1 / error <= ratio_N) & (ratio_N <= error))),
    }
    return facts | {name: errors(each, measured_N) for name, each in predicted.items()}, {
        "measured": measured_N,
        **predicted,
    }


def show_result(name: str, facts: dict[str, Any]) -> None:
    print(f"{name}: {facts['num_held_out']} held-out networks, half-width {facts['median_half_width_of_measured']:.1%}")
    for predictor in ("table", "gmacs", "params"):
        found = facts[predictor]
        shares = ", ".join(f"{found[f'within_{100 * share:g}_percent']:.0%} within {share:.0%}" for share in SHARES)
        print(f"  {predictor:>6}: MAPE {found['mape']:.2%}, {shares}, rank correlation {found['spearman']:.4f}")
    print(f"  table / gmacs: {facts['table']['mape'] / facts['gmacs']['mape']:.2f} of its MAPE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", help="a YAML file or the name of a shipped space")
    parser.add_argument("--table", type=Path, required=True, help="file of the table; measured if it is not there")
    parser.add_argument("--deployment", help="of the space's deployments; default: the first")
    parser.add_argument("--runtime", nargs="+", choices=RUNTIMES, default=["eager"])
    parser.add_argument("--networks", type=int, default=40, help="held out")
    parser.add_argument("--calibration", type=int, default=40, help="random networks of the table")
    parser.add_argument("--seconds", type=float, help="for timing six networks; default: the space's timing")
    parser.add_argument("--out", type=Path, default=RESULTS / "latency_prediction.json")
    parser.add_argument("--figure", type=Path, nargs="*", default=[], help="PNG or SVG files")
    given = parser.parse_args()
    drawn = {}
    for runtime in given.runtime:
        spec, place = study(given.space, given.deployment, runtime)
        path = given.table if len(given.runtime) == 1 else given.table.with_stem(f"{given.table.stem}-{runtime}")
        facts, drawn[runtime] = bench(spec, place, path, given)
        name = f"{spec.name}, {spec.deployments[place].describe()}"
        show_result(name, facts)
        result = json.loads(given.out.read_text()) if given.out.exists() else {}
        given.out.write_text(json.dumps(result | {name: facts}, indent=2) + "\n")
    for path in given.figure:
        write_figure(path, given.space, drawn)


if __name__ == "__main__":
    main()
