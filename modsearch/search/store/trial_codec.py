"""Trial codec: what a trial of an Optuna storage says, in our words."""

from collections.abc import Mapping
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from modsearch.message import parse
from modsearch.record import State, Trial
from modsearch.search.store.validation import NOTES, PARTS, read_part

DRIVER = "driver"
"""The user attribute of a trial that says which driver has it, and where its weights will be."""
_STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.FAIL: "failed",
    TrialState.PRUNED: "pruned",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
TRIAL_STATES = {name: state for state, name in _STATES.items()}


def signature(frozen: FrozenTrial) -> Mapping[str, object]:
    """What a driver said of itself in a trial."""
    signature = frozen.user_attrs.get(DRIVER)
    return signature if isinstance(signature, dict) else {}


def owner(frozen: FrozenTrial) -> str:
    """The driver of a trial; empty where it is not said."""
    return str(signature(frozen).get("id", ""))


def to_trial(frozen: FrozenTrial) -> Trial:
    """What a trial of the storage says; it may lack what a complete trial of its study has."""
    attrs: dict[str, Any] = frozen.user_attrs
    path = f"trial {frozen.number}"
    said: dict[str, Any] = {name: attrs[name] for name in NOTES if name in attrs}
    said |= {name: read_part(name, attrs[name], path) for name in PARTS if name in attrs}
    fixed = {"number": frozen.number, "state": _STATES[frozen.state], "is_repeat": "repeat_of" in attrs}
    return parse(Trial, said | fixed, path)
