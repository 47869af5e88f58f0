"""The YAML text of a drafted study: every section with why it is so, and what else may be written there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from modsearch.message import parse
from modsearch.space.document import read_yaml, write_flow
from modsearch.space.draft.request import Request
from modsearch.space.executor import Ray
from modsearch.space.metric import deployed_name
from modsearch.space.search_space import SearchSpace
from modsearch.space.spec import StudySpec

_WIDTH = 100  # columns
_PUBLISHED_REDUCTION = 16
_Row = tuple[str, object, str]  # a key, its value, and a comment


@dataclass(frozen=True)
class Remarks:
    """What the text says that the study does not.

    Attributes:
        images: what the images look like.
        command: the command line that drafted the study.
        following: the one that comes next.
        holdout: which images no search reads, or why there are none such.
        pretrained: why proxies start from torchvision's weights, or from random ones.
        cost: what a network takes.
    """

    images: str
    command: str
    following: str
    holdout: str
    pretrained: str
    cost: str


def write_study(request: Request, spec: StudySpec, remarks: Remarks) -> str:
    """Text that reads back to ``spec``; lines have 100 columns at most, but for a path that is longer.

    Args:
        request: what the study was drafted for.
        spec: the study.
        remarks: what else is to be said.
    """
    sections = (
        _head(spec, remarks),
        _space(request, spec),
        _places(request, spec),
        _training(request, spec, remarks),
        [*_comment(remarks.holdout), *_entry("data", _fields(spec.data))],
        _search(request, spec, remarks),
    )
    text = "\n\n".join("\n".join(section) for section in sections) + "\n"
    assert parse(StudySpec, read_yaml(text)) == spec
    return text


def _head(spec: StudySpec, remarks: Remarks) -> list[str]:
    return [
        *_comment(remarks.images),
        *_comment(f"Drafted by: {remarks.command}"),
        *_comment(f"Every key: docs/guide/study.md. Before a search: {remarks.following}"),
        f"name: {write_flow(spec.name)}",
    ]


def _space(request: Request, spec: StudySpec) -> list[str]:
    assert isinstance(spec.space, SearchSpace)
    space = spec.space.model_dump(mode="json")
    narrower = "" if request.is_pretrained else " Add width_factors: [0.75, 1] for narrower ones."
    shared = [("backbone", space["backbone"], ""), ("stem", space["stem"], ""), ("widths", space["widths"], "")]
    own: list[_Row] = [
        ("placements", space["placements"], "where MoD blocks go"),
        ("c", space["c"], "a MoD block works on 1/c of the channels"),
        ("selections", space["selections"], "or [learned, random, first]: two controls"),
    ]
    if space["reduction"] != _PUBLISHED_REDUCTION:
        own.append(("reduction", space["reduction"], "the paper's 16 would leave narrow selectors 1 hidden unit"))
    return [
        *_comment(
            f"Networks around {request.network.name}: from half of its blocks in each stage to all of them, and MoD "
            f"blocks beside them or for the others.{narrower}"
        ),
        "space:",
        *_rows(shared),
        "  depths:  # for each stage: how many standard blocks, how many MoD blocks",
        *(f"    - {write_flow(depth)}" for depth in space["depths"]),
        *_rows(own),
    ]


def _places(request: Request, spec: StudySpec) -> list[str]:
    several = " Metrics of one of them are called METRIC@NAME." if len(spec.deployments) > 1 else ""
    return [
        *_comment("A plain network that every other one is timed beside: relative_latency is 1 for it."),
        f"reference: {spec.reference}",
        "",
        *_comment(
            "What is timed: write here how the network will run. Other fields: threads, dtype, memory_format, runtime "
            f"(eager, compile, cuda_graph, onnxruntime, openvino), host (another machine, by ssh).{several}"
        ),
        "deployments:",
        *(line for name, place in spec.deployments.items() for line in _entry(name, _fields(place), "  ")),
    ]


def _training(request: Request, spec: StudySpec, remarks: Remarks) -> list[str]:
    said = {
        "image_size": "less than deployed, to train faster" if _is_smaller(spec) else "",
        "images_per_class": f"of {request.images.smallest_class:,} that every class has",
        "batch_size": "at least 20 steps an epoch" if spec.fidelity.batch_size > 8 else "few images: the least",
        "learning_rate": "in proportion to batch_size",
        "threads": "CPUs that train",
    }
    rows = [(key, value, said.get(key, "")) for key, value in _fields(spec.fidelity).items()]
    half = max(1, request.images.smallest_class // 2)
    unlimited = "" if spec.fidelity.images_per_class else f" images_per_class: {half} would take fewer images."
    return [
        *_comment(
            f"How each network is trained: enough to rank networks, too little to deploy them.{unlimited} "
            f"{remarks.pretrained}"
        ),
        "fidelity:",
        *_rows(rows),
    ]


def _search(request: Request, spec: StudySpec, remarks: Remarks) -> list[str]:
    latency = deployed_name("relative_latency", next(iter(spec.deployments)), spec.deployments)
    lines = [
        *_comment(
            "What is traded against each other. Or latency_ms, peak_memory_mb, gmacs, params. A bound, above which "
            f"nothing is trained: constraints: [{{metric: {latency}, max: 0.8}}]"
        ),
        *_entry("objectives", spec.objectives),
        "",
    ]
    if isinstance(spec.executor, Ray):
        number = request.num_workers
        lines += _comment(
            f"{number} GPUs train a network each. {{kind: local}} uses one; hours adds up the time of all: "
            f"{request.hours:g} x {number}."
        )
        lines += [f"executor: {write_flow(_fields(spec.executor))}", ""]
    return [*lines, *_comment(remarks.cost), *_entry("budget", _fields(spec.budget))]


def _is_smaller(spec: StudySpec) -> bool:
    return spec.fidelity.image_size < min(place.image_size for place in spec.deployments.values())


def _fields(model: Any) -> dict[str, Any]:
    """What was said of it, and its kind; whole numbers without a point."""
    fields = {"kind": model.kind} if hasattr(model, "kind") else {}
    fields |= model.model_dump(mode="json", exclude_unset=True)
    return {name: _plain(value) for name, value in fields.items() if value is not None}


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _comment(text: str) -> list[str]:
    """Lines of comment; what would end one is escaped."""
    line = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    return [f"# {part}" for part in wrap(line, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)]


def _rows(rows: Sequence[_Row]) -> Iterator[str]:
    """The fields of a section, their comments below each other where these are not far off."""
    texts = [f"  {key}: {write_flow(value)}" for key, value, _ in rows]
    width = max((len(text) for text, row in zip(texts, rows, strict=True) if row[2] and len(text) < 40), default=0)
    for text, (_, _, comment) in zip(texts, rows, strict=True):
        yield f"{text:{width}}  # {comment}" if comment else text


def _entry(name: str, value: Mapping[str, object] | Sequence[object], indent: str = "") -> list[str]:
    """A key and a mapping or a list, on one line where there is room for it."""
    key = f"{indent}{write_flow(name)}:"
    whole: object = dict(value) if isinstance(value, Mapping) else list(value)
    line = f"{key} {write_flow(whole)}"
    if len(line) <= _WIDTH:
        return [line]
    if isinstance(value, Mapping):
        return [key, *(f"{indent}  {field}: {write_flow(part)}" for field, part in value.items())]
    return [key, *(f"{indent}  - {write_flow(part)}" for part in value)]
