"""Spaces of several kinds of light blocks: how they are written, and that every point means a network and back."""

import random
import re
from collections import Counter
from typing import Any

import pytest

from modsearch.architecture import Architecture, MoD, Narrow
from modsearch.message import parse
from modsearch.record import Trial
from modsearch.scoring.latency_table.part_list import list_parts
from modsearch.search import LocalExecutor, RunPlace, open_run
from modsearch.search.propose.ehvi.network_pool import _Networks
from modsearch.space import SearchSpace, num_networks
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

DATA: dict[str, Any] = {
    "backbone": "resnet_basic",
    "stem": "cifar",
    "widths": [16, 32, 64],
    "depths": [{"standard": [1, 2], "mod": [0, 1]}] * 3,
    "placements": ["none", "alternating", "free"],
}
MOD = {"kind": "mod", "c": [2, 4], "selections": ["learned", "first"], "reduction": 4}
NARROW = {"kind": "narrow", "ratios": ["1/2", 0.25], "ratio_per": "stage"}


def space(**changes: Any) -> SearchSpace:
    return parse(SearchSpace, {**DATA, "blocks": [MOD, NARROW], **changes})


def test_mod_blocks_alone_are_written_beside_the_rest() -> None:
    flat = parse(SearchSpace, DATA | {name: value for name, value in MOD.items() if name != "kind"})
    nested = space(blocks=[MOD])
    assert flat == nested
    dumped = flat.model_dump(mode="json")
    assert "blocks" not in dumped
    assert (dumped["c"], dumped["reduction"]) == ([2, 4], 4)
    assert parse(SearchSpace, dumped) == flat


def test_several_kinds_are_written_as_blocks() -> None:
    dumped = space().model_dump(mode="json")
    assert [choices["kind"] for choices in dumped["blocks"]] == ["mod", "narrow"]
    assert dumped["blocks"][1] == {"kind": "narrow", "ratios": ["1/2", "1/4"], "ratio_per": "stage"}
    assert "c" not in dumped
    assert parse(SearchSpace, dumped) == space()


def test_the_encoding_has_the_kind_and_the_choices_of_each() -> None:
    parameters = space().parameters
    assert parameters["kind"].values == ("mod", "narrow")
    assert list(parameters)[:4] == ["placement", "kind", "selection", "c"]
    assert {name for name in parameters if name.endswith("ratio")} == {f"stage{index}.ratio" for index in range(3)}


def test_every_point_means_a_network_and_back() -> None:
    here, generator, kinds = space(), random.Random(0), Counter[str]()
    for _ in range(300):
        point = here.draw(generator)
        network = here.decode(point)
        kinds[network.light_label] += 1
        assert network.light_label in ("", {"mod": "MoD", "narrow": "Narrow"}[str(point["kind"])])
        again = here.encode(network)
        assert again is not None
        assert again.keys() == here.parameters.keys()
        assert here.decode(again).id == network.id
        assert here.encode(network.deleted()) is not None
    assert min(kinds[label] for label in ("MoD", "Narrow", "")) > 30


def test_networks_of_another_kind_or_of_two_lie_outside() -> None:
    network = space().decode(space().draw(random.Random(3)) | {"placement": "free", "kind": "mod", "stage0.n_mod": 1})
    assert network.num_mod_blocks
    assert space(blocks=[NARROW]).encode(network) is None
    mixed = network.model_copy(
        update={"stages": (*network.stages[:2], (*network.stages[2], Narrow(ratio="1/2")))},
    )
    assert space().encode(mixed) is None


@pytest.mark.slow
def test_the_networks_are_counted_exactly() -> None:
    small = space(depths=[{"standard": [1], "mod": [0, 1]}] * 3, placements=["free"])
    listed = {small.decode(point).id for point in small.points()}
    assert num_networks(small) == len(listed) == 1 + 4 * (2**3 - 1) + (1 + 2) ** 3 - 1  # plain, MoD, narrow


def test_points_say_nothing_of_the_kind_that_they_do_not_have() -> None:
    here, generator = space(), random.Random(1)
    first = {name: parameter.values[0] for name, parameter in here.parameters.items()}
    for _ in range(50):
        point = here.draw(generator)
        others = ("selection", "c") if point["kind"] == "narrow" else tuple(f"stage{stage}.ratio" for stage in range(3))
        assert all(point[name] == first[name] for name in others)
        again = here.encode(here.decode(point))
        assert again is not None
        assert here.normal(again) == again
    assert here.num_points == sum(1 for _ in here.points()) == len(set(map(repr, here.points())))


def test_spaces_of_other_kinds_have_other_digests() -> None:
    one = study_spec(space=space(blocks=[NARROW])).digest("space")
    assert one == study_spec(space=space(blocks=[NARROW])).digest("space")
    assert one != study_spec(space=space()).digest("space")
    assert space(blocks=[NARROW]).model_dump(mode="json", exclude_defaults=True)["blocks"][0]["kind"] == "narrow"


def test_costs_at_both_ends() -> None:
    narrow = space(blocks=[NARROW])
    assert {block.symbol for stage in narrow.costliest().stages for block in stage} == {"S", "N1/2"}
    assert narrow.cheapest().num_light_blocks == 0


def test_what_a_narrow_network_is() -> None:
    network = space(blocks=[NARROW]).costliest()
    assert (network.num_mod_blocks, network.num_light_blocks, network.light_label) == (0, 3, "Narrow")
    assert network.deleted().num_light_blocks == 0
    assert Architecture.from_json(network.to_json()) == network


def test_a_latency_table_has_a_part_for_each_form() -> None:
    parts = Counter((part.kind, part.form) for part in list_parts(space()).parts)
    assert parts["narrow", "ratio 1/2"] == parts["narrow", "ratio 1/4"] == parts["run", ""] == 3
    assert "run" not in {part.kind for part in list_parts(space(blocks=[NARROW])).parts}


def test_the_sampler_tells_the_kinds_apart() -> None:
    """By a feature of each stage; both have half of the channels."""
    here = space(blocks=[MOD | {"c": [2]}, NARROW | {"ratios": ["1/2"]}])
    point = dict(here.draw(random.Random(0))) | {"placement": "free"} | {f"stage{index}.n_mod": 1 for index in range(3)}
    networks = _Networks(here)
    (mod_key, mod), (narrow_key, narrow) = (networks.describe({**point, "kind": kind}) for kind in ("mod", "narrow"))
    assert mod_key != narrow_key
    assert len(mod) == len(narrow) == len(networks.groups)
    assert mod != narrow


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["ehvi", "random"])
def test_a_search_finds_networks_of_each_kind(sampler: str, tmp_path: Any) -> None:
    spec, evaluator = study_spec(space=space(), sampler=sampler, budget={"trials": 20}), TabulatedEvaluator()
    with open_run(spec, evaluator, RunPlace(tmp_path)) as study:
        LocalExecutor(study, evaluator, tmp_path).run()
        trials: list[Trial] = study.trials()
    found = {trial.architecture.light_label for trial in trials if trial.architecture}
    assert found == {"", "MoD", "Narrow"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"c": [2]}, "c must be left out, or stand in blocks, in a mapping with kind: mod. Got [2] instead."),
        ({"blocks": []}, "blocks must be of length 1 or more. Got [] instead."),
        ({"blocks": [MOD, MOD]}, "blocks must be without repeats. Got ['mod', 'mod'] instead."),
        (
            {"blocks": [{"kind": "narow", "ratios": [0.5]}]},
            "blocks[0].kind must be one of mod, narrow. Got 'narow' instead. Did you mean 'narrow'?",
        ),
        (
            {"blocks": [{"kind": "narrow", "ratios": [1.5]}]},
            "blocks[0].ratios[0] must be a number between 0 and 1, such as 0.5 or '1/2'. Got 1.5 instead.",
        ),
        (
            {"blocks": [MOD, {"kind": "narrow", "ratios": ["1/2", 0.5]}]},
            "blocks[1].ratios must be without repeats. Got ['1/2', '1/2'] instead.",
        ),
        (
            {"blocks": [MOD | {"c": [64]}, NARROW], "backbone": "convnext"},
            "blocks[0].c[0] must be at most 2 for stage 0: convnext needs k of 8 or more, and 16 channels give k = 1. "
            "Got '64' instead.",
        ),
        (
            {"blocks": [NARROW], "backbone": "vgg_bn"},
            "blocks[0] must be of another kind: a block of vgg_bn has no channels inside. Got 'narrow' instead.",
        ),
    ],
)
def test_broken_rules_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        space(**changes)


@pytest.mark.slow
def test_a_ratio_is_exact() -> None:
    assert Narrow(ratio=0.1) == Narrow(ratio="1/10")
    for value in (
        0,
        1,
        True,
        "1e-999999999999",
        "1e-5",
        "x",
        "1/0",
        "1/99999999",
        "3/2",
        -0.5,
        0.1234567890123456789e-9,
    ):
        with pytest.raises(ValueError, match="ratio must be a number between 0 and 1"):
            parse(Narrow, {"ratio": value})


def test_mod_blocks_of_the_paper_are_told_from_narrow_ones() -> None:
    assert MoD(c=2).num_selected(16) == Narrow(ratio="1/2").num_selected(16) == 8
    assert MoD(c=2).work == Narrow(ratio="1/4").work
    assert MoD(c=2).canonical(16) != Narrow(ratio="1/2").canonical(16)
