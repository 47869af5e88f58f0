"""``modsearch describe``."""

import json
from typing import Annotated

import typer
from rich.console import Console

from modsearch.cli.target import TARGET_HELP, Choice, Id, Knee, Under, refined_network, resolve


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show what a network is and what each of its layers costs.

    Of a study it is the most accurate network of the front, unless you choose another one.
    """
    chosen = resolve(target, Choice(id_, knee, under))

    from modsearch.analysis import deployed_networks
    from modsearch.output import describe_json, describe_tables, network_lines
    from modsearch.scoring import ideal_speedup, profile

    score = next((trial.score for trial in chosen.trials if trial.score), None)
    deployed = deployed_networks(score, chosen.study.spec) if chosen.study and score else ()
    found = profile(chosen.architecture, classes or chosen.num_classes, image_size or chosen.image_size)
    ideal = ideal_speedup(found)
    again = refined_network(chosen)
    if as_json:
        typer.echo(json.dumps(describe_json(found, ideal, deployed, score, again), indent=2))
    else:
        lines = tuple(network_lines(again, chosen.study.spec.margin)) if again and chosen.study else ()
        Console().print(*describe_tables(found, ideal, deployed, score, lines), sep="\n")
