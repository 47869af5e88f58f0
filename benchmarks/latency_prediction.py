"""How well a latency table predicts networks that it has not seen, beside lines through GMACs and through parameters.

    python benchmarks/latency_prediction.py SPACE --table FILE [--runtime eager ...] [--networks 120] [--seconds 60]

For each runtime: measures the table, or goes on with it, then times networks of the space that were drawn at random and
are in no table, beside the reference. RUNTIME in the names of files stands for the runtime. The two lines are fitted to
the table's own calibration networks, with the weights of the table. Prints the errors and how many timings lie in the
95 % interval of their prediction, for the table and for others that are made of the same timings; writes all that to
benchmarks/results, with what was timed, and draws it. All timings are kept as they come: an interrupted run goes on,
and what was timed badly is timed anew. The machine must do nothing else.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.latency_prediction_figure import Array, write_figure
from benchmarks.latency_prediction_split import as_timed, edge_coverage, split_coverage
from modsearch.architecture import Architecture
from modsearch.record import LatencyTable, Measurement, TimedNetwork
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
    networks = draw_networks(spec.space, number, SEED, [network.architecture for network in table.networks])
    stored = json.loads(path.read_text()) if path.exists() else {}
    found = {id_: Measurement.model_validate(measurement) for id_, measurement in stored.items()}
    assert all(measurement.environment == table.environment for measurement in found.values()), (
        f"{path} is of another environment"
    )
    limit = 3 * table.protocol.half_width_for(table.deployment)  # as for the table's networks
    waiting = [network for network in networks if network.id not in found or found[network.id].half_width > limit]
    for start in range(0, len(waiting), GROUP):
        for id_, measurement in time_group(waiting[start : start + GROUP], spec, table).items():
            found[id_] = min(found.get(id_, measurement), measurement, key=attrgetter("half_width"))
        path.write_text(json.dumps({id_: measurement.model_dump(mode="json") for id_, measurement in found.items()}))
        print(f"held-out networks timed: {min(start + GROUP, len(waiting))} of {len(waiting)}", flush=True)
    return networks, found


def counts(networks: Sequence[Architecture], table: LatencyTable) -> dict[str, Array]:
    """GMACs and parameters of each network."""
    size = table.deployment.image_size
    found = [count(build_target(network, table.deployment), size) for network in networks]
    return {
        "gmacs": np.array([counted.gmacs for counted in found]),
        "params": np.array([counted.params for counted in found]),
    }


def line(x_N: Array, y_N: Array, deviation_N: Array) -> Callable[[Array], Array]:
    """Least squares of a + b x, each value weighted by what is known of it."""
    design_N2 = np.stack([np.ones_like(x_N), x_N], axis=1)
    slope = np.linalg.lstsq(design_N2 / deviation_N[:, None], y_N / deviation_N, rcond=None)[0]
    return lambda x_M: slope[0] + slope[1] * x_M


def predictions(table: LatencyTable, networks: Sequence[Architecture]) -> dict[str, Array]:
    """By predictor the relative latency of each network. The lines forgive noise as the table does."""
    fitted = [network for network in table.networks if network.role == "calibration"]
    x = counts([network.architecture for network in fitted], table)
    y_N = np.array([network.relative_latency for network in fitted])
    deviation_N = np.hypot([(network.high - network.low) / 4 for network in fitted], 0.01 * y_N)
    found = {name: line(x[name], y_N, deviation_N)(x_M) for name, x_M in counts(networks, table).items()}
    return {"table": np.array([table.predict(network).value for network in networks])} | found


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
    measured = [held[network.id] for network in networks]
    timed = [as_timed(network, held[network.id]) for network in networks]
    measured_N = np.array([measurement.value for measurement in measured])
    predicted = predictions(table, networks)
    error = float(np.exp(table.log_error))
    ratio_N = measured_N / predicted["table"]
    facts = {
        "deployment": table.deployment.model_dump(mode="json"),
        "environment": table.environment.model_dump(mode="json"),
        "num_table_networks": len(table.networks),
        "num_held_out": len(networks),
        "median_half_width_of_measured": float(np.median([measurement.half_width for measurement in measured])),
        "half_width_of_predicted": error - 1,
        "measured_inside_predicted_interval": float(np.mean((1 / error <= ratio_N) & (ratio_N <= error))),
        "by_edge": edge_coverage(table, timed),
        "other_tables": split_coverage(table, timed, spec.space, given.splits),
    }
    facts |= {name: errors(predicted_N, measured_N) for name, predicted_N in predicted.items()}
    facts["networks"] = [row(network) for network in table.networks]
    facts["networks"] += [
        row(network) | {"role": "held_out", "predicted": float(value)}
        for network, value in zip(timed, predicted["table"], strict=True)
    ]
    return facts, {"measured": measured_N, **predicted}


def row(network: TimedNetwork) -> dict[str, Any]:
    """What was timed; the ids are those of ``draw_networks`` and of the table's parts."""
    return {"id": network.architecture.id, **network.model_dump(exclude={"architecture"})}


def show_result(name: str, facts: dict[str, Any]) -> None:
    print(f"{name}: {facts['num_held_out']} held-out networks, half-width {facts['median_half_width_of_measured']:.1%}")
    for predictor in ("table", "gmacs", "params"):
        found = facts[predictor]
        shares = ", ".join(f"{found[f'within_{100 * share:g}_percent']:.0%} within {share:.0%}" for share in SHARES)
        print(f"  {predictor:>6}: MAPE {found['mape']:.2%}, {shares}, rank correlation {found['spearman']:.4f}")
    print(f"  table / gmacs: {facts['table']['mape'] / facts['gmacs']['mape']:.2f} of its MAPE")
    others = facts["other_tables"]
    print(
        f"  inside the 95 % interval of +-{facts['half_width_of_predicted']:.1%}: "
        f"{facts['measured_inside_predicted_interval']:.1%}; of {others['num_tables']} tables from the same timings: "
        f"{others['inside']:.1%} ({others['least_inside']:.0%} to {others['most_inside']:.0%}), "
        f"+-{others['median_half_width']:.1%}"
    )


def show_all(found: Sequence[dict[str, Any]]) -> None:
    """Over the runtimes."""
    num = sum(facts["num_held_out"] for facts in found)
    inside = sum(facts["num_held_out"] * facts["measured_inside_predicted_interval"] for facts in found) / num
    again = float(np.mean([facts["other_tables"]["inside"] for facts in found]))
    num_again = sum(facts["other_tables"]["num_predictions"] for facts in found)
    print(f"{len(found)} runtimes: {inside:.1%} of {num:,} held-out timings inside their 95 % interval;")
    print(f"  with other tables from the same timings {again:.1%} of {num_again:,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", help="a YAML file or the name of a shipped space")
    parser.add_argument("--table", type=Path, required=True, help="file of the table; measured if it is not there")
    parser.add_argument("--deployment", help="of the space's deployments; default: the first")
    parser.add_argument("--runtime", nargs="+", choices=RUNTIMES, default=["eager"])
    parser.add_argument("--networks", type=int, default=120, help="held out")
    parser.add_argument("--calibration", type=int, default=40, help="random networks of the table")
    parser.add_argument("--seconds", type=float, help="for timing six networks; default: the space's timing")
    parser.add_argument("--splits", type=int, default=50, help="other tables made of the same timings")
    parser.add_argument("--out", type=Path, default=RESULTS / "latency_prediction.json")
    parser.add_argument("--figure", type=Path, nargs="*", default=[], help="PNG or SVG files")
    given = parser.parse_args()
    drawn, found = {}, []
    if len(given.runtime) > 1 and "RUNTIME" not in given.table.name:
        parser.error("the name of --table must hold RUNTIME where there are several")
    for runtime in given.runtime:
        spec, place = study(given.space, given.deployment, runtime)
        path = of_runtime(given.table, runtime)
        facts, drawn[runtime] = bench(spec, place, path, given)
        name = f"{spec.name}, {spec.deployments[place].describe()}"
        show_result(name, facts)
        found.append(facts)
        result = json.loads(given.out.read_text()) if given.out.exists() else {}
        given.out.write_text(json.dumps(result | {name: facts}, indent=2) + "\n")
        for figure in given.figure:
            if "RUNTIME" in figure.name:
                write_figure(of_runtime(figure, runtime), given.space, {runtime: drawn[runtime]})
    show_all(found)
    for figure in given.figure:
        if "RUNTIME" not in figure.name:
            write_figure(figure, given.space, drawn)


def of_runtime(path: Path, runtime: str) -> Path:
    return path.with_name(path.name.replace("RUNTIME", runtime))


if __name__ == "__main__":
    main()
