"""``modsearch schema``."""

import json

import typer


def command() -> None:
    """Print the JSON schema of study files, for editors."""
    from modsearch.space import StudySpec

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **StudySpec.model_json_schema()}
    typer.echo(json.dumps(schema, indent=2))
