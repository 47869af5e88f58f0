"""What light blocks save on paper, and what of it becomes time."""

from modsearch.architecture import Architecture
from modsearch.record import SPEEDUP_UNIT, Profile, Speedup
from modsearch.scoring.count import count
from modsearch.scoring.latency import Timing, build_target
from modsearch.space import Deployment


def plain_form(architecture: Architecture) -> dict[str, Architecture]:
    """``plain`` -> the network's plain form, to be timed beside it; empty for a network without light blocks."""
    return {"plain": architecture.plain()} if architecture.num_light_blocks else {}


def realised_speedup(
    architecture: Architecture, gmacs: float, timing: Timing, deployment: Deployment
) -> Speedup | None:
    """From the network's GMACs and the rounds of ``candidate`` and ``plain``; None for one without light blocks."""
    if not architecture.num_light_blocks:
        return None
    ratio = timing.relative_latency("plain", "candidate").model_copy(update={"unit": SPEEDUP_UNIT})
    return _ideal(architecture, gmacs, deployment).model_copy(update={"measured": ratio})


def ideal_speedup(profile: Profile) -> Speedup | None:
    """What is saved on paper, nothing timed; None for a network without light blocks."""
    if not profile.architecture.num_light_blocks:
        return None
    task = Deployment(image_size=profile.image_size, num_classes=profile.num_classes)
    return _ideal(profile.architecture, profile.total.gmacs, task)


def _ideal(architecture: Architecture, gmacs: float, deployment: Deployment) -> Speedup:
    plain = count(build_target(architecture.plain(), deployment), deployment.image_size)
    return Speedup(gmacs=gmacs, plain_gmacs=plain.gmacs)
