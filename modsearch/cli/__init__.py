"""The command line: verbs only. They parse, call and print."""

import logging
import sys
from collections.abc import Sequence
from contextlib import suppress

import typer
from typer.main import get_command

from modsearch.cli import (
    analyse,
    compare,
    dashboard,
    describe,
    doctor,
    export,
    front,
    latency_table,
    new,
    plan,
    probe,
    published,
    refine,
    retime,
    schema,
    search,
    status,
    train,
    verify,
)
from modsearch.cli.terminal import end_as_by_ctrl_c, speak_plainly
from modsearch.cli.verbs import Verbs
from modsearch.message import shown

app = typer.Typer(
    name="modsearch",
    cls=Verbs,
    help="Find out where Mixture-of-Depths blocks pay in convolutional networks.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for name, verb in (
    ("new", new),
    ("plan", plan),
    ("search", search),
    ("status", status),
    ("refine", refine),
    ("retime", retime),
    ("probe", probe),
    ("front", front),
    ("dashboard", dashboard),
    ("describe", describe),
    ("compare", compare),
    ("analyse", analyse),
    ("published", published),
    ("train", train),
    ("export", export),
    ("verify", verify),
    ("latency-table", latency_table),
    ("doctor", doctor),
    ("schema", schema),
):
    app.command(name)(verb.command)

_MAX_LINE = 500  # an argument of a thousand characters stands in what is said about it
_RESUMED = ("search", "refine", "retime", "latency-table", "train")
_OK, _FAILURE, _BAD_INPUT, _INTERRUPT = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0, 1 for a failure, 2 for bad input, 130 for an interrupt."""
    speak_plainly()
    end_as_by_ctrl_c()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns where it cannot write into the home
    code = run(sys.argv[1:] if arguments is None else arguments)
    exec("")  # else ``python -m`` dies by signal where Ctrl-C struck inside an exec, as dataclasses and imports use
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; what a user did wrong is one line on stderr."""
    try:
        code = get_command(app).main(list(arguments) or ["--help"], prog_name="modsearch", standalone_mode=False)
    except KeyboardInterrupt:
        code = _INTERRUPT
    except ValueError as error:
        return _say(str(error), _BAD_INPUT)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        return _say(_words(error), code)
    if code == _INTERRUPT:  # Ctrl-C, which typer answers with this code where it comes while a verb runs
        return _say("Interrupted." + " The same command goes on." * (arguments[0] in _RESUMED), _INTERRUPT)
    return code or _OK


def _exit_code(error: Exception) -> int | None:
    """The exit code of an error that is told in one line; None for our own mistakes, which keep their traceback."""
    if hasattr(error, "format_message"):  # click's word for wrong arguments
        return _BAD_INPUT
    if isinstance(error, OSError):  # with a file name it is about a path that was given
        return _BAD_INPUT if error.filename else _FAILURE
    from modsearch.search import SearchFailed, is_out_of_memory

    return _FAILURE if isinstance(error, SearchFailed) or is_out_of_memory(error) else None


def _words(error: Exception) -> str:
    """What an error says that is told in one line."""
    if hasattr(error, "format_message"):
        return str(error.format_message())
    if isinstance(error, OSError) and error.filename:
        return f"{shown(str(error.filename))} cannot be used: {error.strerror}."
    return str(error) or "There is not enough memory."


def _say(text: str, code: int) -> int:
    """One line of printable characters: arguments may hold what moves a terminal's cursor."""
    lines = (part.strip() for part in text.splitlines() if part.strip())  # spaces in names stay as many as they are
    line = "".join(character if character.isprintable() else repr(character)[1:-1] for character in " ".join(lines))
    line = line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE // 2]} ... {line[-_MAX_LINE // 2 :]}"
    with suppress(OSError):  # the terminal was closed
        print(f"modsearch: {line}", file=sys.stderr)  # noqa: T201
    return code
