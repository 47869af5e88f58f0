"""``modsearch export``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from modsearch.cli.front import STUDY_HELP
from modsearch.cli.search import DATA_HELP
from modsearch.cli.target import Choice, Id, Knee, Target, Under, resolve

if TYPE_CHECKING:
    from modsearch.bundle import Source


def command(
    study: Annotated[str, typer.Argument(help=STUDY_HELP)],
    to: Annotated[Path, typer.Option(help="Folder to write; it must be new or empty.")],
    id_: Id = None,
    knee: Knee = False,
    under: Under = None,
    fold: Annotated[
        bool, typer.Option("--fold", help="Fold batch norm in model.pt2 too, as it always is in model.onnx.")
    ] = False,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
) -> None:
    """Write a network to a folder that checks itself.

    ONNX, a PyTorch program, safetensors, a model card, and check.py. Its weights are those of the search, which trains
    for a short time. It is the most accurate network of the front, unless you choose another one.
    """
    from modsearch.bundle import check_target, export_bundle
    from modsearch.search import SearchFailed

    check_target(to)
    chosen = resolve(study, Choice(id_, knee, under))
    with Console(stderr=True).status("reading images") as status:
        source = _source(study, chosen, data)
        try:
            found = export_bundle(source, to, fold, status.update)
        except RuntimeError as error:
            raise SearchFailed(str(error)) from None
    console = Console()
    for parity in found:
        console.print(parity.describe(), highlight=False, markup=False, soft_wrap=True)
    console.print(f"{chosen.architecture.id}: {to}", highlight=False, markup=False, soft_wrap=True)
    console.print("These are the weights of a proxy: train the network in full before you use it.", highlight=False)


def _source(target: str, chosen: Target, data: Path | None) -> "Source":
    from modsearch.bundle import proxy_source

    weights = chosen.weights(target)
    assert chosen.study is not None
    header = chosen.study.header
    spec = header.spec if data is None else header.spec.with_images(data)
    score = chosen.trials[0].score
    return proxy_source(spec, chosen.architecture, weights, score, header.fingerprint.get("data"))
