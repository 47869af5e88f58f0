"""The words around the figure of networks that were trained anew."""

import textwrap
from collections.abc import Iterator

from modsearch.analysis import RefinedInfo
from modsearch.output.refined.difference import difference_panel
from modsearch.output.refined.term import cost_word, count
from modsearch.output.refined.words import primary_line

_WIDTH = 125  # characters of a line below the headline


def refined_title(info: RefinedInfo) -> str:
    """The headline."""
    return f"{info.study}: refined accuracy against {cost_word(info)}"


def refined_subtitle(info: RefinedInfo) -> tuple[str, ...]:
    """The primary test, in as many lines as it takes."""
    return tuple(textwrap.wrap(primary_line(info), _WIDTH))


def refined_footnotes(info: RefinedInfo) -> tuple[str, ...]:
    """The lines below the figure."""
    return tuple(_notes(info))


def _notes(info: RefinedInfo) -> Iterator[str]:
    nums = [network.num_replicates for network in info.networks if network.accuracy is not None]
    trainings = f"{min(nums)} to {max(nums)} trainings" if min(nums) < max(nums) else count(nums[0], "training")
    yield f"{count(len(nums), 'network')}, {trainings} each. Bars: 95 % intervals; wide ones leave the picture."
    yield "The fuller a marker, the likelier its network is on the front; grey where that is not known."
    num_left = len(info.plan.networks) - len(nums)
    if num_left:
        yield f"Not trained yet: {count(num_left, 'network')}."
    differences = difference_panel(info)
    if differences:
        yield "Thin lines lead from a network to its controls."
        yield f"Shaded: the margin of {100 * info.margin:.1f} points. What surely lies within it is called equivalent."
    if differences and differences.num_left_out:
        yield f"There is no room for {differences.num_left_out} more differences: the table has them."
