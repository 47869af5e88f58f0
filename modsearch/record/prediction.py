"""Predictions: which metrics of a study come from latency tables, and those tables."""

import hashlib
import json
from collections.abc import Mapping

from modsearch.message import must_be
from modsearch.record.latency_table import LatencyTable, read_latency_table
from modsearch.space import METRICS, StudySpec, deployed_name

_PREDICTED = "predicted_relative_latency"
_TIMED = tuple(metric.name for metric in METRICS.values() if metric.is_timed)


def latency_tables(spec: StudySpec) -> Mapping[str, LatencyTable]:
    """The latency tables of a study by deployment.

    Raises:
        ValueError: an objective or a constraint lacks its table, or is timed where a table stands for timing; a table
            cannot be read, is not complete, or belongs to another space, reference or deployment.
    """
    _check_metrics(spec)
    found = {}
    for place, path in spec.latency_tables.items():
        table = read_latency_table(path.expanduser())
        table.check_belongs(spec, spec.deployments[place], path.name)
        if not table.costs:
            raise ValueError(f"{path.name} is not complete: modsearch latency-table goes on with it.")
        found[place] = table
    return found


def latency_tables_digest(spec: StudySpec) -> dict[str, str]:
    """The section of a fingerprint that says which tables a study predicts from; empty without tables.

    Raises:
        ValueError: as ``latency_tables``.
    """
    digests = {place: table.digest for place, table in latency_tables(spec).items()}
    if not digests:
        return {}
    return {"latency table": hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:12]}


def _check_metrics(spec: StudySpec) -> None:
    named = {f"objectives[{index}]": name for index, name in enumerate(spec.objectives)}
    named |= {f"constraints[{index}].metric": constraint.metric for index, constraint in enumerate(spec.constraints)}
    for place in spec.deployments:
        has_table = place in spec.latency_tables
        predicted, *timed = (deployed_name(name, place, spec.deployments) for name in (_PREDICTED, *_TIMED))
        for path, name in named.items():
            if name == predicted and not has_table:
                raise ValueError(f"{path} is {name}: latency_tables.{place} or --latency-table must name its table.")
            if name in timed and has_table:
                rule = f"{predicted} or another metric that is not timed: the latency table of {place} stands for it"
                raise ValueError(must_be(path, rule, name))
