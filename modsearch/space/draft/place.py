"""Deployments as a command line names them: ``NAME`` or ``NAME:FIELD=VALUE,FIELD=VALUE``."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from modsearch.message import must_be, parse
from modsearch.space.deployment import Deployment
from modsearch.space.spec import Name

_FIELD = "--deployment"
_FORM = "NAME or NAME:FIELD=VALUE,FIELD=VALUE"
_ANY_SIZE = 224  # pixels, as long as the images were not looked at

Fields = Mapping[str, Any]


class _Places(BaseModel):
    """As a study has them, so that errors name their fields alike."""

    deployments: dict[Name, Deployment]


def read_deployments(given: Iterable[str], usual: Mapping[str, Fields]) -> dict[str, Fields]:
    """The fields of each deployment by its name.

    Args:
        given: on the command line.
        usual: the fields that deployments of these names have, such as ``gpu``, where others are not given.

    Raises:
        ValueError: one is not written so, stands twice, or has a field or value that no deployment has.
    """
    found: dict[str, Fields] = {}
    for text in given:
        name, _, rest = text.partition(":")
        if not name or (":" in text and not rest):
            raise ValueError(must_be(_FIELD, _FORM, text))
        if name in found:
            raise ValueError(must_be(_FIELD, "given once for each name", text))
        fields = _fields(text, rest)
        found[name] = {**_without_threads(usual.get(name, {}), fields), **fields}
    with_image_size(found, _ANY_SIZE)
    return found


def with_image_size(places: Mapping[str, Fields], image_size: int) -> dict[str, Deployment]:
    """The deployments, with this many pixels a side where their fields do not say it.

    What most often decides a latency is written down, also where nobody said it.

    Raises:
        ValueError: a name is none, or a field is unknown or breaks a rule; it is named.
    """
    usual = {"image_size": image_size, "batch_size": 1, "device": "cpu"}
    whole = {name: {**usual, **_usual_threads(fields), **fields} for name, fields in places.items()}
    return parse(_Places, {"deployments": whole}).deployments


def _without_threads(usual: Fields, fields: Fields) -> Fields:
    """This machine's number of CPUs says nothing about another one."""
    return {name: value for name, value in usual.items() if name != "threads" or "host" not in fields}


def _usual_threads(fields: Fields) -> Fields:
    return {"threads": 1} if fields.get("device", "cpu") == "cpu" else {}


def _fields(text: str, rest: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for pair in rest.split(",") if rest else ():
        field, sign, value = pair.partition("=")
        if not (field and sign and value):
            raise ValueError(must_be(_FIELD, _FORM, text))
        if field in fields:
            raise ValueError(must_be(_FIELD, f"such that {field} stands once", text))
        fields[field] = value
    return fields
