"""Size of a search space: how many different networks its points mean."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product

from modsearch.space.search_space import Point, SearchSpace


def num_networks(space: SearchSpace) -> int:
    """The exact number of networks in a space of any size; no network is listed.

    With placement, selection and (one for the network) c held fixed, the stages are chosen independently: the networks
    are a product of one set of stage forms each. A stage form is marked with the products that it belongs to; a network
    lies in the space if its stages have a product in common, so it is enough to count stage forms by their marks.
    """
    marks: list[dict[str, int]] = [{} for _ in space.depths]
    for number, shared in enumerate(_shared(space)):
        for index, forms in enumerate(marks):
            for form in _stage_forms(space, shared, index):
                forms[form] = forms.get(form, 0) | 1 << number
    counts = Counter({-1: 1})  # -1 has every bit
    for forms in marks:
        joined: Counter[int] = Counter()
        for (mark, count), (other, num_forms) in product(counts.items(), Counter(forms.values()).items()):
            joined[mark & other] += count * num_forms
        del joined[0]
        counts = joined
    return counts.total()


def _shared(space: SearchSpace) -> Iterator[Point]:
    """Every choice of the parameters that all stages share."""
    names = [name for name in space.parameters if not name.startswith("stage")]
    choices: list[Sequence[int | str]] = [space.parameters[name].values for name in names]
    for values in product(*choices):
        yield dict(zip(names, values, strict=True))


def _stage_forms(space: SearchSpace, shared: Point, index: int) -> set[str]:
    """The canonical forms that one stage can take."""
    first: dict[str, int | str] = {name: each.values[0] for name, each in space.parameters.items()}
    names = [name for name in first if name.startswith(f"stage{index}.")]
    choices: list[Sequence[int | str]] = [space.parameters[name].values for name in names]
    forms = set()
    for values in product(*choices):
        network = space.decode(first | dict(shared) | dict(zip(names, values, strict=True)))
        forms.add(json.dumps(network.canonical()["stages"][index], sort_keys=True))
    return forms
