"""``modsearch verify``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def command(
    folder: Annotated[Path, typer.Argument(help="Folder that modsearch export wrote.")],
    data: Annotated[
        Path | None, typer.Option(help="Image folder of the same classes, to compare on more images.")
    ] = None,
) -> None:
    """Check that an exported folder is what was exported.

    Compares the hash of every file, and every network with the logits that are stored. Exit code 1 if something does
    not hold.
    """
    from modsearch.bundle import verify_bundle
    from modsearch.search import SearchFailed

    with Console(stderr=True).status("reading the folder") as status:
        try:
            found = verify_bundle(folder, data, status.update)
        except RuntimeError as error:
            raise SearchFailed(str(error)) from None
    console = Console()
    for parity in (*found.stored, *found.files):
        console.print(parity.describe(), highlight=False, markup=False, soft_wrap=True)
    if found.faults:
        raise SearchFailed(f"{len(found.faults)} comparisons do not hold, the first one: {found.faults[0]}.")
    console.print("All files are as they were exported.", highlight=False)
