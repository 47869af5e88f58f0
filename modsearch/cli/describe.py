"""``modsearch describe``."""

import json
from typing import Annotated

import typer
from rich.console import Console

from modsearch.cli.target import TARGET_HELP, Choice, Id, Knee, Under, refined_network, resolve
from modsearch.message import shown


def command(
    target: Annotated[str, typer.Argument(help=TARGET_HELP)],
    id_: Id = None,
    knee: Knee = False,
    under: Under = None,
    classes: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Number of classes. [default: the network's]")
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(min=1, max=4096, help="Height and width of the images, in pixels. [default: the network's]"),
    ] = None,
    swaps: Annotated[
        bool,
        typer.Option("--swaps", help="Of a study: also what a block moved, added or removed does, or another c."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show what a network is and what each of its layers costs.

    Of a study it is the most accurate network of the front, unless you choose another one.
    """
    chosen = resolve(target, Choice(id_, knee, under))
    if swaps and chosen.study is None:
        raise ValueError(f"--swaps asks for what a study found, and {shown(target)} is none.")

    from modsearch.analysis import deployed_networks
    from modsearch.output import describe_json, describe_tables, network_lines, swap_json, swap_table, swap_words
    from modsearch.scoring import ideal_speedup, profile
    from modsearch.search import Adviser

    score = next((trial.score for trial in chosen.trials if trial.score), None)
    deployed = deployed_networks(score, chosen.study.spec) if chosen.study and score else ()
    found = profile(chosen.architecture, classes or chosen.num_classes, image_size or chosen.image_size)
    ideal = ideal_speedup(found)
    again = refined_network(chosen)
    advice = Adviser(chosen.study).swaps(chosen.architecture) if swaps and chosen.study else None
    if as_json:
        told = {"swaps": swap_json(advice)} if advice else {}
        typer.echo(json.dumps(describe_json(found, ideal, deployed, score, again) | told, indent=2))
    else:
        lines = tuple(network_lines(again, chosen.study.spec.margin)) if again and chosen.study else ()
        console = Console()
        console.print(*describe_tables(found, ideal, deployed, score, lines), sep="\n")
        if advice:
            console.print(swap_table(advice), *swap_words(advice), sep="\n", highlight=False)
