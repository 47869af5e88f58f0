"""``modsearch export``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from modsearch.cli.search import DATA_HELP
from modsearch.cli.target import Choice, Id, Knee, Target, Under, resolve

if TYPE_CHECKING:
    from modsearch.bundle import ReducedDtype, Source

_PROXY = "These are the weights of a proxy: modsearch train trains the network in full."
_DRAWN = "The images of the training are gone: files were compared on drawn ones. Say with --data where they are."


def command(
    source: Annotated[str, typer.Argument(help="Folder of a training, or a study.")],
    to: Annotated[Path, typer.Option(help="Folder to write; it must be new or empty.")],
    id_: Id = None,
    knee: Knee = False,
    under: Under = None,
    fold: Annotated[
        bool, typer.Option("--fold", help="Fold batch norm in model.pt2 too, as it always is in model.onnx.")
    ] = False,
    half: Annotated[bool, typer.Option("--half", help="Also write model.half.onnx, in 16-bit floats.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="Also write model.int8.onnx, in 8-bit integers.")] = False,
    data: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
) -> None:
    """Write a network to a folder that checks itself.

    ONNX, a PyTorch program, safetensors, a model card, and check.py. Of a study it is the most accurate network of the
    front, unless you choose another one, and its weights are those of the search, which trains for a short time.
    """
    from modsearch.bundle import check_target, export_bundle
    from modsearch.search import SearchFailed

    wanted: dict[ReducedDtype, bool] = {"float16": half, "int8": int8}
    reduced = [dtype for dtype, is_wanted in wanted.items() if is_wanted]
    check_target(to, reduced)
    chosen = resolve(source, Choice(id_, knee, under))
    with Console(stderr=True).status("reading images") as status:
        network = _source(source, chosen, data)
        try:
            found = export_bundle(network, to, fold, status.update, reduced)
        except RuntimeError as error:
            raise SearchFailed(str(error)) from None
    console = Console()
    for line in found:
        console.print(line.describe(), highlight=False, markup=False, soft_wrap=True)
    console.print(f"{chosen.architecture.id}: {to}", highlight=False, markup=False, soft_wrap=True)
    if network.is_proxy:
        console.print(_PROXY, highlight=False, soft_wrap=True)
    if network.is_drawn:
        console.print(_DRAWN, highlight=False, soft_wrap=True)


def _source(source: str, chosen: Target, data: Path | None) -> "Source":
    from modsearch.bundle import proxy_source, trained_source
    from modsearch.record.training_file import is_training

    if chosen.study is None and is_training(Path(source)):
        return trained_source(Path(source), data)
    weights = chosen.weights(source)
    assert chosen.study is not None
    header = chosen.study.header
    spec = header.spec if data is None else header.spec.with_images(data)
    score = chosen.trials[0].score
    return proxy_source(spec, chosen.architecture, weights, score, header.fingerprint.get("data"))
