"""``modsearch schema``."""

import json
from typing import Annotated

import typer

from modsearch.message import must_be, one_of

_KINDS = ("study", "recipe")


def command(kind: Annotated[str, typer.Argument(help="What the file holds: study or recipe.")] = "study") -> None:
    """Print the JSON schema of study or recipe files."""
    from modsearch.space import Recipe, StudySpec

    if kind not in _KINDS:
        raise ValueError(must_be("KIND", one_of(_KINDS), kind, _KINDS))
    model = StudySpec if kind == "study" else Recipe
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    typer.echo(json.dumps(schema, indent=2))
