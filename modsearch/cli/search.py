"""``modsearch search``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from modsearch.cli.front import print_front
from modsearch.cli.probe import fail_for

_ENDINGS = {
    "exhausted": "The search space is used up: no untried network was found.",
    "hours": "The budget's hours are spent.",
    "plateau": "The hypervolume has reached its plateau.",
}
SPACE_HELP = "A YAML file, or the name of a shipped search space."


def command(
    space: Annotated[str, typer.Argument(help=SPACE_HELP)],
    out: Annotated[Path | None, typer.Option(help="The run's folder. [default: runs/NAME]")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="The study's total of trained networks.")] = None,
    storage: Annotated[str | None, typer.Option(help="URL of an Optuna database, instead of a journal file.")] = None,
    data: Annotated[Path | None, typer.Option(help="An image folder that replaces the space's data.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Replaces the space's seed.")] = None,
    device: Annotated[str | None, typer.Option(help="Where training runs. [default: cuda if there is one]")] = None,
) -> None:
    """Search SPACE and print the Pareto front. Run again, it goes on where it stopped."""
    from modsearch.space import load_spec

    spec = load_spec(space)
    overrides = {
        "budget": None if trials is None else spec.budget.model_copy(update={"trials": trials}),
        "data": None if data is None else {"kind": "imagefolder", "path": data},
        "seed": seed,
    }
    spec = spec.with_overrides({name: value for name, value in overrides.items() if value is not None})

    from modsearch.analysis import front_info
    from modsearch.output import SearchDisplay, watch_timing
    from modsearch.record import Missed
    from modsearch.scoring import LocalEvaluator, default_device, measure_at
    from modsearch.search import LocalExecutor, RunPlace, confirm, open_run, reported, without_password

    console = Console()
    folder = out or Path("runs") / spec.name
    with console.status("reading images") as status:
        evaluator = LocalEvaluator(
            spec,
            device or default_device(),
            on_progress=lambda done, total: status.update(f"decoding images: {done} of {total}"),
            checkpoints=folder / "checkpoints",
        )
        num_images, pretrained = evaluator.num_images, evaluator.pretrained()
    console.print(f"{num_images} training images; timing {spec.reference} and the costliest network")
    for loaded in pretrained:
        console.print(f"the costliest network starts with {loaded.summary()}")
    with open_run(spec, evaluator, RunPlace(folder, storage, evaluator.device.type)) as study:
        with SearchDisplay(study.header, console) as display:
            ending = LocalExecutor(study, evaluator, folder, display).run()
        if ending in _ENDINGS:
            console.print(_ENDINGS[ending])
        missed = [each for each in watch_timing(confirm(study, measure_at), None) if isinstance(each, Missed)]
        print_front(front_info(*reported(study), study.header.hypervolume_reference))
        target = f"'{without_password(storage)}#{spec.name}'" if storage else str(folder)
        console.print(
            f"\nSee more: modsearch front {target} --plot front.html", soft_wrap=True, highlight=False, markup=False
        )
    fail_for(missed)
