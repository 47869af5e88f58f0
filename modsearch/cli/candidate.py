"""Which networks are trained in full: the chosen ones, and what they are held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modsearch.architecture import Architecture, published
from modsearch.cli.target import Choice, Target, resolve
from modsearch.message import must_be, one_of, shown

CONTROLS = ("deleted", "reference")


@dataclass(frozen=True)
class Candidate:
    """A network to train.

    Attributes:
        name: of its folder, where there are several.
        architecture: the network.
        origin: where it comes from, in a few words.
    """

    name: str
    architecture: Architecture
    origin: str


def read_controls(text: str | None) -> tuple[str, ...]:
    """The names behind ``--with``; ValueError where one is none."""
    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    for name in names:
        if name not in CONTROLS:
            raise ValueError(must_be("--with", one_of(CONTROLS), name, CONTROLS))
    return names


def candidates(
    target: str, choice: Choice, controls: Sequence[str], is_whole_front: bool
) -> tuple[Target, tuple[Candidate, ...]]:
    """The target, and the networks to train: each once, those first that were chosen.

    Raises:
        ValueError: there is no such network, or a control that is asked for does not exist for it.
    """
    chosen = resolve(target, choice)
    if is_whole_front and chosen.study is None:
        raise ValueError(f"--all-front needs a study, and {shown(target)} is none.")
    found = list(_front(chosen) if is_whole_front else _own(target, chosen))
    own = tuple(found)
    for control in controls:
        found += _control(control, chosen, own)
    unique: dict[str, Candidate] = {}
    for candidate in found:
        unique.setdefault(candidate.architecture.id, candidate)
    return chosen, tuple(unique.values())


def _own(target: str, chosen: Target) -> Iterator[Candidate]:
    if chosen.study is not None:
        yield _of_study(chosen.architecture, chosen.study.spec.name)
        return
    name = target if target in published() else Path(target).resolve().stem
    yield Candidate(name, chosen.architecture, f"the network {name}")


def _front(chosen: Target) -> Iterator[Candidate]:
    from modsearch.search import own_front

    assert chosen.study is not None
    for member in own_front(chosen.study).members:
        yield _of_study(member.architecture, chosen.study.spec.name)


def _of_study(architecture: Architecture, study: str) -> Candidate:
    return Candidate(architecture.id, architecture, f"network {architecture.id} of the study {study}")


def _control(control: str, chosen: Target, found: Sequence[Candidate]) -> Iterator[Candidate]:
    if control == "deleted":
        yield from _deleted(found)
        return
    if chosen.study is None:
        raise ValueError("--with reference needs a study, which names its reference.")
    name = chosen.study.spec.reference
    yield Candidate(name, chosen.study.spec.reference_architecture, f"the plain network {name}")


def _deleted(found: Sequence[Candidate]) -> Iterator[Candidate]:
    light = [candidate for candidate in found if candidate.architecture.num_light_blocks]
    if not light:
        raise ValueError("--with deleted needs a network with light blocks, such as MoD blocks: there are none.")
    for candidate in light:
        name = f"{candidate.name}_deleted"
        yield Candidate(name, candidate.architecture.deleted(), f"{candidate.origin} without its light blocks")
