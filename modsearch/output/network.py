"""How networks are told apart in tables and figures."""

from collections.abc import Iterable

from modsearch.architecture import Architecture


def light_label(networks: Iterable[Architecture]) -> str:
    """What the light blocks of these networks are called: ``MoD`` unless there are others."""
    return " and ".join(sorted({network.light_label for network in networks} - {""})) or "MoD"


def label_rank(label: str) -> tuple[bool, bool, str]:
    """Sorts such labels: MoD networks come first, and plain ones last."""
    return label == "", label != "MoD", label


def common_beginning(networks: Iterable[Architecture]) -> str:
    """Backbone, stem and widths where all have the same, as their descriptions begin; else nothing."""
    found = {network.describe().partition("[")[0] for network in networks}
    return found.pop() if len(found) == 1 else ""
