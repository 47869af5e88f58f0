"""Versions of what a study stores: an older form is brought up to date, a newer one refused."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from modsearch.message import Model, parse
from modsearch.record import Score

Form = dict[str, Any]


def _score_2(score: Form) -> Form:
    """Rounds of one process had no place for those of others."""
    others = {name: value for name, value in score.items() if name != "log_ratios"}
    found = score.get("log_ratios", {})
    timed = (
        {place: {"log_ratios": [rounds], "ending": "rounds"} for place, rounds in found.items()}
        if isinstance(found, dict)
        else found  # to be refused with every other broken rule
    )
    return others | {"schema_version": 2, "timed": timed}


_MIGRATIONS: Mapping[type[BaseModel], tuple[Callable[[Form], Form], ...]] = {Score: (_score_2,)}
"""For a stored form: what makes version 2 of version 1, then version 3 of version 2, and so on."""


class NewerVersion(ValueError):  # noqa: N818
    """A newer modsearch wrote a stored form."""


def read(model: type[Model], data: object, path: str) -> Model:
    """Validate a stored form of any version up to ours.

    Raises:
        NewerVersion: a newer modsearch wrote it.
        ValueError: it breaks a rule.
    """
    return parse(model, up_to_date(model, data, path), path)


def up_to_date(model: type[BaseModel], data: object, path: str) -> object:
    """A stored form as this version would have stored it.

    Raises:
        NewerVersion: a newer modsearch wrote it.
    """
    newest = model.model_fields["schema_version"].default
    version = data.get("schema_version", newest) if isinstance(data, dict) else newest
    if not isinstance(version, int):
        return data  # to be refused with every other broken rule
    if version > newest:
        raise NewerVersion(
            f"{path} is of version {version}, and this modsearch reads versions up to {newest}: "
            "a newer modsearch wrote it. Update modsearch to go on with it."
        )
    for migrate in _MIGRATIONS.get(model, ())[version - 1 :]:
        data = migrate(data)  # type: ignore[arg-type]
    return data
