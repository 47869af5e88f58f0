"""Verdict: what a front says about MoD blocks, in a few short lines. docs/guide/results.md explains each of them."""

from collections.abc import Iterator

from modsearch.analysis import FrontInfo, SpeedupTally, Tally, mod_benefit, speedup_tallies
from modsearch.output.front.series import SAME_IMAGES, int8_line


def verdict(info: FrontInfo) -> tuple[str, ...]:
    """At most five lines of at most 80 characters; one more, longer by its name, for each further deployment.

    And one where latencies are those of INT8.
    """
    return (*_about_mod(info), *filter(None, (int8_line(info),)), SAME_IMAGES)


def _about_mod(info: FrontInfo) -> Iterator[str]:
    benefit = mod_benefit(info)
    if not benefit.networks:
        yield "No network with MoD blocks was scored."
        return
    yield _accuracy("MoD vs plain networks at no more cost", benefit.best_plain_tally)
    deleted = benefit.deleted_tally
    cost = f" ({deleted.cost_ratio:.2f}x the cost)" if deleted.total else ""
    yield _accuracy(f"MoD vs its deleted forms{cost}", deleted)
    tallies = speedup_tallies([realised for realised in info.speedups if realised.point.num_mod_blocks])
    for tally in tallies:
        yield _time(tally, f" at {tally.place}" if len(tallies) > 1 else "")
    choosing = [point for point in info.points if point.score.selectivity]
    if choosing:
        num_static = sum(point.score.hardly_selects for point in choosing)
        yield f"Selection: in {num_static} of {len(choosing)} MoD networks the choice hardly depends on the image."


def _accuracy(what: str, tally: Tally) -> str:
    if not tally.total:
        return f"{what}: none to compare."
    return f"{what}: {tally.gains} better, {tally.losses} worse, {tally.within_noise} within noise."


def _time(tally: SpeedupTally, place: str) -> str:
    return (
        f"Speed-up{place}: {tally.measured:.2f}x where {tally.ideal:.2f}x is ideal; "
        f"of {tally.total}, {tally.lost} save no time, {tally.undecided} undecided."
    )
