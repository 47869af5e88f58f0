"""The figure and the tables of a selector analysis: what they say, in plotly's JSON and in text; no pixels."""

import json
import re
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from modsearch.analysis import Information
from modsearch.architecture import MoD
from modsearch.output import save_selection, selection_json, selection_plotly, selection_tables
from modsearch.output.selection.grid import Grid
from tests.analysis.test_selection import look, sets

LABELS = [0, 1] * 40
BY_CLASS = look(sets(*[(1 + label, 3) for label in LABELS]), LABELS, chosen=(1,))
CONSTANT = look(sets(*[(0,)] * 80), LABELS, block=MoD(c=4, reduction=4), tied=[True] * 80)

UNTOLD = Information(bits=None, measured_bits=1.0, chance_bits=1.0, most_by_chance_bits=1.0)


def drawn(info):
    return json.loads(selection_plotly(info).to_json())


def table(info):
    console = Console(width=90, file=StringIO())
    console.print(selection_tables(info))
    return " ".join(console.file.getvalue().split())


def test_channels_are_sorted_and_drawn_in_percent():
    rates, equal, cat = drawn(BY_CLASS)["data"]
    assert rates["y"] == [100, 100, 50, 50, 0, 0]  # channels 3, 1, 2, 0, carried on to both ends
    assert equal["y"] == [50, 50]
    assert (cat["name"], cat["x"], cat["y"]) == ("cat", [1, 2, 3, 4], [100, 0, 100, 0])


def test_the_cursor_tells_rate_and_share():
    text = drawn(BY_CLASS)["data"][0]["hovertext"][2]
    assert text == "<b>channel 1</b><br>picked for <b>50.0 %</b> of all images<br>25.00 % of all picks<br>cat: 0.0 %"


def test_panels_say_whether_the_choice_depends_on_anything():
    notes = " ".join(annotation["text"] for annotation in drawn(BY_CLASS)["layout"]["annotations"])
    assert "stage 0, block 1 · M2, 2 of 4" in notes
    assert "2 sets, follow the class" in notes
    notes = " ".join(annotation["text"] for annotation in drawn(CONSTANT)["layout"]["annotations"])
    assert "the same set for every image; 100 % tied" in notes
    assert "One hidden unit, which ranks channels alike for every image: stage 0, block 1." in notes


def test_tables_say_the_same():
    text = table(BY_CLASS)
    assert "2 sets, follow the class" in text
    assert "80 validation images of 4 classes, 50.0 % of them right" in text
    assert re.search(r"stage 0, block 1 1 50 % 25 % 0 %", text)  # the channel that cats leave out
    assert "the same set for every image" in table(CONSTANT)
    assert "Hardly a selection" in table(CONSTANT)
    assert "Hardly a selection" not in table(BY_CLASS)
    assert [selection_json(info)["hardly_selects"] for info in (CONSTANT, BY_CLASS)] == [True, False]


def test_json_is_json():
    [block] = json.loads(json.dumps(selection_json(BY_CLASS), allow_nan=False))["blocks"]
    assert block["pick_rate"] == [0, 0.5, 0.5, 1]
    assert block["pick_share"] == [0, 0.25, 0.25, 0.5]
    assert block["pick_rate_by_class"] == {"cat": [0, 0, 1, 1]}
    all_classes = selection_json(replace(BY_CLASS, chosen=()))["blocks"][0]["pick_rate_by_class"]
    assert all_classes["frog"] is None  # it has no image


def test_sets_that_no_two_images_share_are_said_to_tell_nothing_for_certain():
    bit_NC = np.arange(80)[:, None] >> np.arange(7) & 1
    alone = look(np.concatenate([bit_NC, 1 - bit_NC], axis=1).astype(bool), LABELS[::-1], block=MoD(c=2, reduction=2))
    alone = replace(alone, blocks=(replace(alone.blocks[0], channel_information=UNTOLD, set_information=UNTOLD),))
    assert "80 sets, too many to tell of class" in table(alone)
    assert "?: more than half of the images have a set of their own" in table(alone)
    assert "more than half" not in table(BY_CLASS)
    [block] = json.loads(json.dumps(selection_json(alone), allow_nan=False))["blocks"]
    assert (block["num_sets"], block["set_information"]["bits"]) == (80, None)


def test_only_a_smoke_test_is_called_one():
    assert "Smoke test" in drawn(replace(BY_CLASS, is_smoke_test=True))["layout"]["title"]["text"]
    assert "Smoke test" not in drawn(BY_CLASS)["layout"]["title"]["text"]


def test_svg_text_is_text_and_the_same_every_time(tmp_path):
    texts = []
    for name in ("one.svg", "two.svg"):
        save_selection(BY_CLASS, tmp_path / name)
        texts.append((tmp_path / name).read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    for expected in ("2 sets, follow the class", "channels, most picked first", "cat", "equal use, k / C"):
        assert expected in texts[0]


@pytest.mark.parametrize(("num_panels", "shape"), [(1, (1, 2)), (3, (1, 3)), (7, (3, 3)), (14, (4, 4))])
def test_many_panels_make_a_grid(num_panels, shape):
    grid = Grid(num_panels, 0)
    assert (grid.num_rows, grid.num_columns) == shape
    right, lowest = (end + size for end, size in zip(grid.corner(num_panels - 1), (330, 190), strict=True))
    assert right < grid.full[0]
    assert lowest < grid.full[1]


def test_wide_blocks_are_cut_where_hardly_anything_is_picked():
    """Half of the images pick channel 0, the others one of 100 each; the one frog's is the last of them."""
    picked_NC = np.zeros((200, 128), dtype=bool)
    picked_NC[np.arange(200), np.maximum(np.arange(200) - 99, 0)] = True
    labels = [0] * 199 + [3]
    plain, of_frogs = (look(picked_NC, labels, chosen, MoD(c=128)) for chosen in ((), (3,)))
    assert [len(drawn(info)["data"][0]["x"]) - 2 for info in (plain, of_frogs)] == [64, 101]
    assert "cut off" in table(plain)
    assert "cut off" not in table(BY_CLASS)
