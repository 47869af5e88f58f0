"""Document: all that a page shows of a study, as JSON."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from modsearch.analysis import Evidence, FrontInfo, accuracy_difference, knee, placement_info
from modsearch.dashboard.health import health
from modsearch.dashboard.network_table import network_table
from modsearch.dashboard.opening import forget, opened
from modsearch.dashboard.placement import placement_json
from modsearch.message import must_be, one_of
from modsearch.output import front_words, refined_json, swap_json, verdict
from modsearch.record import remeasured
from modsearch.search import (
    Adviser,
    SearchFailed,
    StorageFailed,
    Study,
    believed_front,
    evidence_of,
    own_remeasurements,
    refined,
    without_password,
)

SCHEMA = 1
_MOST_PAIRED = 32  # networks of which a page holds all paired differences: a saved one cannot ask for more
_MOST_COMPARED = 6


@dataclass(frozen=True)
class Document:
    """What is known of a study at one moment.

    Attributes:
        name: the study's; of one that cannot be read, what was asked for.
        revision: hex digest of the content: another one where anything else is known.
        content: compact JSON.
    """

    name: str
    revision: str
    content: bytes

    @classmethod
    def of(cls, name: str, values: dict[str, Any]) -> "Document":
        """That holds these values."""
        content = _encoded(values)
        return cls(name, hashlib.sha256(content).hexdigest()[:16], content)


def study_document(target: str) -> Document:
    """What is known of a study, or why it cannot be read.

    Args:
        target: a run's folder, or ``URL#name`` for a study in a database.
    """
    try:
        study = opened(target)
        return Document.of(study.spec.name, study_values(study, target))
    except (ValueError, OSError, SearchFailed, StorageFailed) as error:
        forget(target)
        name = _public(target)
        return Document.of(name, {"schema": SCHEMA, "study": name, "target": name, "problem": str(error)})


def study_values(study: Study, target: str) -> dict[str, Any]:
    """The values of a document; accuracies are fractions, all others are in the units that they name."""
    again = refined(study)
    info = believed_front(study, again)
    trials = remeasured(study.trials(), own_remeasurements(study), study.spec)
    return {
        "schema": SCHEMA,
        "study": study.spec.name,
        "target": _public(target),
        **_about(info),
        "networks": network_table(trials, study.spec, info, again),
        "pairs": list(_pairs(info, evidence_of(study))),
        "refined": refined_json(again) if again else None,
        "placement": placement_json(placement_info(info)),
        "health": health(study, target),
    }


def comparison(target: str, ids: Sequence[str]) -> bytes:
    """The differences of accuracy of networks that the search scored, as ``pairs`` of a document has them.

    Raises:
        ValueError: there are not two to six of them, or the study has not scored one.
    """
    if not 2 <= len(set(ids)) <= _MOST_COMPARED:
        raise ValueError(must_be("id", f"2 to {_MOST_COMPARED} different networks", list(ids)))
    evidence = evidence_of(opened(target))
    for name in ids:
        if name not in evidence.scores:
            raise ValueError(must_be("id", f"a network that the study scored, {one_of(evidence.scores)}", name))
    return _encoded([_pair(evidence, *pair) for pair in combinations(dict.fromkeys(ids), 2)])


def advice(target: str, name: str) -> bytes:
    """What single swaps of a network do.

    Raises:
        ValueError: the study has not tried it.
    """
    study = opened(target)
    tried = {trial.architecture.id: trial.architecture for trial in study.trials() if trial.architecture}
    if name not in tried:
        raise ValueError(must_be("id", f"a network of the study, {one_of(tried)}", name))
    return _encoded(swap_json(Adviser(study).swaps(tried[name])))


def _public(target: str) -> str:
    """A target as everybody may see it: that of a database without what may be secret."""
    url, separator, name = target.rpartition("#") if "#" in target else (target, "", "")
    return f"{without_password(url)}{separator}{name}" if "://" in target else target


def _about(info: FrontInfo) -> dict[str, Any]:
    """What stands around the views."""
    return {
        "light": info.light_label,
        "words": front_words(info),
        "verdict": list(verdict(info)),
        "objectives": [asdict(objective) for objective in info.objectives],
        "reference": {"id": info.reference_id, "name": info.reference_name},
        "deployments": {place: deployment.describe() for place, deployment in info.deployments.items()},
        "hypervolume": info.hypervolume,
        "hypervolume_reference": list(info.hypervolume_reference),
        "first_design": info.first_design,
        "knee": _knee(info),
    }


def _knee(info: FrontInfo) -> str | None:
    try:
        return knee(info).id
    except ValueError:
        return None


def _pairs(info: FrontInfo, evidence: Evidence) -> Iterator[list[Any]]:
    """Of the front's members, their deleted forms, the reference and published networks, as many as have room."""
    scored = {point.id for point in info.points}
    wanted = [*(point.id for point in info.members), info.reference_id]
    wanted += [point.deleted_form for point in info.members if point.deleted_form]
    wanted += [point.id for point in info.points if point.published]
    chosen = [name for name in dict.fromkeys(wanted) if name in scored][:_MOST_PAIRED]
    yield from (_pair(evidence, *pair) for pair in combinations(chosen, 2))


def _pair(evidence: Evidence, one: str, other: str) -> list[Any]:
    """Ids, accuracy of the one minus that of the other, the ends of its interval, and how it is known."""
    if evidence.is_comparable(one) and evidence.is_comparable(other):
        found = evidence.difference(one, other)
        return [one, other, found.value, *found.interval(), "trained anew"]
    difference = accuracy_difference(evidence.scores[one], evidence.scores[other])
    basis = "paired images" if difference.is_paired else "different images"
    return [one, other, difference.value, difference.low, difference.high, basis]


def _encoded(values: Any) -> bytes:
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode()
