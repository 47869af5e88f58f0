"""What is said of a drafted study: in its file, and on the terminal."""

from math import ceil, floor, log10

from modsearch.output.quantity import show_duration
from modsearch.record import Survey, name_left_out
from modsearch.space import StudySpec
from modsearch.space.draft import FEW_IMAGES, MIN_TRIALS, Fit, Remarks, Request


def draft_remarks(found: Survey, request: Request, fit: Fit, commands: tuple[str, str], missing: str) -> Remarks:
    """The comments of a drafted study that say what was found.

    Args:
        found: the images.
        request: what the study was drafted for.
        fit: the study.
        commands: the command line that drafted it, and the one that comes next.
        missing: why pretrained weights are not to be had; empty where they are, or where none are wanted.
    """
    return Remarks(
        images=f"{_images(found)}.",
        command=commands[0],
        following=commands[1],
        holdout=_holdout(found),
        pretrained=_start(request, missing),
        cost=f"{_cost(fit).capitalize()}. {_shortage(request, fit) or 'The search ends at the first limit'}.",
    )


def draft_lines(found: Survey, request: Request, fit: Fit, missing: str) -> list[str]:
    """At most seven short lines: what was found and chosen."""
    spec = fit.spec
    sizes = sorted({place.image_size for place in spec.deployments.values()})
    return [
        _images(found),
        _left_alone(found),
        f"around {spec.reference}, timed at {' and '.join(spec.deployments)}, {' and '.join(map(str, sizes))} px",
        f"proxies: {_proxies(spec)}",
        *(["torchvision's weights cannot be had: proxies start from random ones"] if missing else []),
        _cost(fit),
        _shortage(request, fit) or f"budget: {_budget(request, spec)}",
    ]


def _images(found: Survey) -> str:
    """Such as ``40 classes, 4,812 images (73 to 412 a class), short side 1080 px, at least 480``."""
    least, most = found.smallest_class, found.largest_class
    per_class = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    left_out = f", left out: {name_left_out(found.left_out)}" if found.left_out else ""
    least_side = f", at least {found.least_side}" if found.least_side < found.usual_side else ""
    counts = f"{len(found.classes)} classes, {found.num_images:,} images ({per_class} a class)"
    return f"{counts}, short side {found.usual_side} px{least_side}{left_out}"


def _left_alone(found: Survey) -> str:
    if found.parts:
        return f"{' and '.join(f'{part}/' for part in found.parts)}: no search reads it"
    if found.holdout:
        return f"{found.num_held_out:,} more images are held out: no search reads them"
    return "no images are held out: a class has too few"


def _holdout(found: Survey) -> str:
    if found.parts:
        parts = " and ".join(f"{part}/" for part in found.parts)
        return f"No search reads {parts}: judge the network that you choose there."
    if found.holdout:
        share = f"{100 * found.holdout:g} %"
        return (
            f"holdout: {found.num_held_out:,} more images, about {share}, are told by their content and left alone by "
            "every search: judge the network that you choose on them."
        )
    return f"No images are held out for the end: {found.refusal}"


def _start(request: Request, missing: str) -> str:
    if missing:
        return (
            f"init: torchvision, with a fifth of the learning rate, would suit fewer than {FEW_IMAGES} images a class. "
            f"{missing}"
        )
    if request.is_pretrained:
        return (
            f"Fewer than {FEW_IMAGES} images a class: blocks start from torchvision's weights, so the learning rate is "
            "small. MoD blocks and the head start from random ones."
        )
    if request.network.architecture.stem == "imagenet":
        return "init: torchvision starts blocks from pretrained weights: take a fifth of the learning rate then."
    return ""


def _proxies(spec: StudySpec) -> str:
    fidelity = spec.fidelity
    number = "all" if fidelity.images_per_class is None else f"{fidelity.images_per_class}"
    start = ", from torchvision's weights" if fidelity.init == "torchvision" else ""
    return f"{fidelity.image_size} px, {number} images a class, {fidelity.epochs} epochs{start}"


def _cost(fit: Fit) -> str:
    seconds = fit.cost.measure_s + fit.cost.train_s
    here = " here" if fit.spec.hosted else ""
    away = f"; {show_duration(fit.cost.away_s)} elsewhere meanwhile" if fit.cost.away_s else ""
    parts = f"timing {show_duration(fit.cost.measure_s)}{here}, training {show_duration(fit.cost.train_s)}{away}"
    return f"a network takes about {show_duration(seconds)} ({parts})"


def _budget(request: Request, spec: StudySpec) -> str:
    gpus = f" on {request.num_workers} GPUs" if request.is_on_ray else ""
    return f"{spec.budget.trials} networks or {request.hours:g} h{gpus}, whatever is first"


def _shortage(request: Request, fit: Fit) -> str:
    """What to do where time is short; nothing where it is not."""
    if fit.num_in_time >= MIN_TRIALS:
        return ""
    few = f"{request.hours:g} h are enough for about {fit.num_in_time} networks"
    return f"{few}: {MIN_TRIALS}, for a front, take --hours {_rounded_up(fit.hours_needed)}"


def _rounded_up(hours: float) -> str:
    """To two digits, and never less: whoever follows the advice has enough."""
    step = 10.0 ** (floor(log10(hours)) - 1)
    return f"{ceil(hours / step) * step:.6g}"
