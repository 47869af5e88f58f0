"""What the runs of benchmarks/sample_efficiency.py say: medians and quartiles as JSON, and a picture."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.sample_efficiency_problem import PROBLEMS

GRID = (1, 5, 10, 15, 20, 30, 36, 45, 60, 80, 100, 120, 150, 200, 250, 300)
FIGURE = Path(__file__).parents[1] / "docs" / "results" / "sample_efficiency" / "share.svg"
Shares = list[list[float]]


def write_report(cache: Path, out: Path) -> None:
    """Write the JSON and the picture."""
    rows = [json.loads(line) for line in cache.read_text().splitlines()]
    report: dict[str, Any] = {}
    curves: dict[str, dict[str, Shares]] = {}
    for name, make in PROBLEMS.items():
        problem = make()
        mine = [row for row in rows if row["problem"] == name]
        shares = {
            sampler: [problem.shares([(a, b) for a, b in row["values"]]) for row in mine if row["sampler"] == sampler]
            for sampler in dict.fromkeys(row["sampler"] for row in mine)
        }
        threshold = float(np.median([run[299] for run in shares["random"]]))
        curves[name] = shares
        report[name] = {
            "problem": dict(problem.facts),
            "reference_point": problem.reference,
            "random_median_share_at_300": threshold,
            "samplers": {sampler: _summary(runs, threshold) for sampler, runs in shares.items()},
        }
    out.write_text(json.dumps(report, indent=1) + "\n")
    for name, result in report.items():
        for sampler, summary in result["samplers"].items():
            print(name, sampler, summary["seeds"], summary["trials_to_threshold"], summary["share"].get("36"))
    _draw(curves, {name: result["random_median_share_at_300"] for name, result in report.items()})


def _summary(shares: Shares, threshold: float) -> dict[str, Any]:
    """Quartiles over seeds; a run that never reaches the threshold counts as later than any."""
    hits = [next((count for count, share in enumerate(run, 1) if share >= threshold), np.inf) for run in shares]
    quartiles = np.quantile(hits, [0.25, 0.5, 0.75], method="median_unbiased" if np.isfinite(hits).all() else "higher")
    length = min(map(len, shares))
    return {
        "seeds": len(shares),
        "trials": length,
        "trials_to_threshold": [quartile if np.isfinite(quartile) else None for quartile in quartiles.tolist()],
        "seeds_that_reach_it": int(np.isfinite(hits).sum()),
        "share": {
            str(count): [round(float(q), 4) for q in np.quantile([run[count - 1] for run in shares], [0.25, 0.5, 0.75])]
            for count in GRID
            if count <= length
        },
    }


def _draw(curves: dict[str, dict[str, Shares]], thresholds: dict[str, float]) -> None:
    figure, panels = plt.subplots(1, len(curves), figsize=(6.5 * len(curves), 4.8), squeeze=False)
    colours = plt.get_cmap("tab10")
    for panel, (name, shares) in zip(panels[0], curves.items(), strict=True):
        for index, sampler in enumerate(sorted(shares)):
            runs = np.array([row[: min(map(len, shares[sampler]))] for row in shares[sampler]])
            low, middle, high = np.quantile(runs, [0.25, 0.5, 0.75], axis=0)
            count = np.arange(1, len(middle) + 1)
            is_ours = sampler.startswith("ehvi")
            label = f"{sampler} ({len(runs)} seeds)"
            panel.plot(count, middle, color=colours(index), lw=2.2 if is_ours else 1.1, label=label)
            panel.fill_between(count, low, high, color=colours(index), alpha=0.15, lw=0)
        panel.axhline(thresholds[name], color="grey", lw=0.8, ls="--")
        panel.set(xscale="log", xlim=(5, 300), ylim=(0.6, 1), title=name, xlabel="trials")
        panel.set_ylabel("share of the true front's hypervolume")
    panels[0][-1].legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(FIGURE)
    figure.savefig(FIGURE.with_suffix(".png"), dpi=120)
