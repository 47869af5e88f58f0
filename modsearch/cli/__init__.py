"""The command line: verbs only. They parse, call and print."""

import sys
from collections.abc import Sequence

import typer
from typer.main import get_command

from modsearch.cli import describe, front, published, schema, search

app = typer.Typer(
    name="modsearch",
    help="Search where Mixture-of-Depths blocks pay in convolutional networks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in (search, front, describe, published, schema):
    app.command()(verb.command)

_OK, _FAILURE, _BAD_INPUT, _INTERRUPT = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0, 1 for a failure, 2 for bad input, 130 for Ctrl-C."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; what a user did wrong is one line on stderr."""
    from modsearch.search.error import SearchFailed

    try:
        get_command(app).main(list(arguments), prog_name="modsearch", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return _say("Interrupted. The same command goes on.", _INTERRUPT)
    except SearchFailed as error:
        return _say(str(error), _FAILURE)
    except Exception as error:
        message = getattr(error, "format_message", None)  # click's way to say what is wrong with the arguments
        if message is not None:
            return _say(message(), _BAD_INPUT)
        if isinstance(error, ValueError):
            return _say(str(error), _BAD_INPUT)
        raise
    return _OK


def _say(text: str, code: int) -> int:
    print(f"modsearch: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201
    return code
