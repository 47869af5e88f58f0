"""The figure of a front: what it says, in plotly's JSON and in the SVG's text; no pixels."""

import json
import re

import pytest

from modsearch.analysis import front_info
from modsearch.output import html_page, plotly_figure, save_front
from tests.analysis.small_study import (
    MOD,
    PLAIN,
    SPEC,
    SPEEDUP_TRIALS,
    TRIALS,
    TWO_PLACE_TRIALS,
    TWO_PLACES,
    UNDECIDED_TRIALS,
)

INFO = front_info(TRIALS, SPEC)
THREE = front_info(TRIALS, SPEC.with_overrides({"objectives": ("accuracy", "relative_latency", "params")}))
SMOKE = front_info(TRIALS, SPEC.with_overrides({"fidelity": SPEC.fidelity.model_copy(update={"width": 0.5})}))
UNSCORED_REFERENCE = front_info(TRIALS[1:], SPEC)
SPEEDUPS = front_info(SPEEDUP_TRIALS, SPEC)
TWO = front_info(TWO_PLACE_TRIALS, TWO_PLACES)
UNDECIDED = front_info(UNDECIDED_TRIALS, SPEC)
EMPTY = front_info((), SPEC)


def drawn(info):
    return json.loads(plotly_figure(info).to_json())


def traces(info):
    return {trace["name"]: trace for trace in drawn(info)["data"]}


def names(info):
    return [annotation["text"] for annotation in drawn(info)["layout"]["annotations"]]


@pytest.fixture(scope="module")
def svg(tmp_path_factory):
    def text(info):
        path = tmp_path_factory.mktemp("figure") / "front.svg"
        save_front(info, path)
        return path.read_text(encoding="utf-8")

    return text


def test_each_kind_of_point_has_its_markers():
    found = traces(INFO)
    sizes = {name: len(found[name]["x"]) for name in found if "," in name}
    assert sizes == {"MoD, on the front": 1, "Plain, on the front": 3, "MoD, dominated": 1}
    symbols = {name: found[name]["marker"]["symbol"] for name in sizes}
    assert symbols == {"MoD, on the front": "circle", "Plain, on the front": "diamond", "MoD, dominated": "circle"}
    assert found["MoD, on the front"]["marker"]["color"] != found["Plain, on the front"]["marker"]["color"]


def test_values_and_intervals_are_drawn_in_percent():
    mod = traces(INFO)["MoD, on the front"]
    assert (mod["x"], mod["y"]) == ([0.7], [75.0])
    assert mod["error_y"]["array"] == pytest.approx([1.0])
    assert mod["error_x"]["arrayminus"] == pytest.approx([0.014])


def test_the_front_is_a_step_line_to_the_right_end():
    line = traces(INFO)["Front"]
    right = drawn(INFO)["layout"]["xaxis"]["range"][1]
    assert line["x"] == [0.4, 0.6, 0.6, 0.7, 0.7, 1.0, 1.0, right]
    assert line["y"] == [60, 60, 70, 70, 75, 75, 80, 80]


def test_the_cursor_shows_everything_about_a_network():
    [text] = traces(INFO)["MoD, on the front"]["hovertext"]
    assert MOD.id in text
    assert "[S M4 S | S | S]" in text
    assert "accuracy: <b>75.0 % (74.0-76.0)</b>" in text
    assert "params: <b>125 k</b>" in text
    assert f"without its MoD blocks: {PLAIN.id}" in text


def test_titles_name_the_study_and_the_units():
    layout = drawn(INFO)["layout"]
    assert "small: accuracy against relative latency" in layout["title"]["text"]
    assert "4 of 5 scored networks on the front, 1 of them with MoD blocks" in layout["title"]["text"]
    assert layout["yaxis"]["title"]["text"] == "Top-1 accuracy of the proxy (validation)"
    assert layout["yaxis"]["ticksuffix"] == " %"
    assert layout["xaxis"]["title"]["text"] == "Latency / reference latency"


def test_the_reference_is_named_and_ringed_where_it_was_scored():
    assert names(INFO)[0] == "resnet20_cifar (reference)"
    assert traces(INFO)["Reference"]["x"] == [1.0]
    assert traces(INFO)["Reference cost"]["x"] == [1.0, 1.0]


def test_the_reference_is_a_line_where_it_was_not_scored():
    assert "Reference" not in traces(UNSCORED_REFERENCE)
    assert traces(UNSCORED_REFERENCE)["Reference cost"]["x"] == [1.0, 1.0]
    assert names(UNSCORED_REFERENCE)[0] == "resnet20_cifar (reference)"


def test_only_a_smoke_test_is_called_one():
    assert "Smoke test" in drawn(SMOKE)["layout"]["title"]["text"]
    assert "Smoke test" not in drawn(INFO)["layout"]["title"]["text"]


def test_three_objectives_stand_side_by_side():
    layout = drawn(THREE)["layout"]
    assert layout["xaxis2"]["title"]["text"] == "Parameters"
    assert layout["xaxis2"]["ticksuffix"] == " k"
    assert len([trace for trace in drawn(THREE)["data"] if trace["name"] == "Front"]) == 2
    in_legend = [trace["name"] for trace in drawn(THREE)["data"] if trace["showlegend"]]
    assert len(in_legend) == len(set(in_legend))


def test_networks_that_save_no_time_are_ringed():
    ring = traces(SPEEDUPS)["Saves MACs, no time"]
    assert (ring["x"], ring["y"]) == ([0.65], [69.5])
    assert "Saves MACs, no time" not in traces(INFO)
    [text] = traces(SPEEDUPS)["MoD, on the front"]["hovertext"]
    assert "cpu: 40.0 % of the MACs saved: ideally 1.67x, measured 1.20x (1.10-1.30)" in text
    [text] = traces(SPEEDUPS)["MoD, dominated"]["hovertext"]
    assert "measured 0.900x (0.800-0.980): no time is saved" in text


def test_networks_whose_time_is_undecided_have_squares_and_no_rings(svg):
    found = traces(UNDECIDED)
    square = found["Saves MACs, time undecided"]
    assert (square["x"], square["y"], square["marker"]["symbol"]) == ([0.65], [69.5], "square-open")
    assert "Saves MACs, no time" not in found
    [text] = found["MoD, dominated"]["hovertext"]
    assert "measured 1.60x (0.53-4.90): undecided" in text
    assert "Saves MACs, time undecided" in svg(UNDECIDED)
    assert "undecided" not in svg(SPEEDUPS)


def test_each_deployment_has_a_panel_with_its_own_rings():
    layout = drawn(TWO)["layout"]
    assert layout["xaxis"]["title"]["text"] == "Latency / reference latency on batch_1"
    assert layout["xaxis2"]["title"]["text"] == "Latency / reference latency on batch_16"
    assert "accuracy against relative latency on batch_1 and batch_16" in layout["title"]["text"]
    rings = [trace for trace in drawn(TWO)["data"] if trace["name"] == "Saves MACs, no time"]
    assert [(ring["xaxis"], ring["x"]) for ring in rings] == [
        ("x", [0.65]),
        ("x2", [None]),
    ]  # it saves time at batch 16
    assert [ring["showlegend"] for ring in rings] == [True, False]
    notes = layout["annotations"][-1]["text"]
    assert "batch_16: eager on cpu, 1 thread, batch size 16, float32." in notes
    assert "Relative latency on batch_1 and batch_16 measured on Processor A, 2 threads, torch 2.11." in notes


def test_svg_names_the_rings(svg):
    assert "Saves MACs, no time" in svg(SPEEDUPS)
    assert "Saves MACs, no time" not in svg(INFO)


def test_an_empty_front_can_be_drawn(svg):
    assert "0 of 0 scored networks" in drawn(EMPTY)["layout"]["title"]["text"]
    assert "0 of 0 scored networks" in svg(EMPTY)


def test_svg_text_is_text(svg):
    text = svg(INFO)
    for expected in ("resnet20_cifar (reference)", "Latency / reference latency", "MoD, on the front", "70 %", "0.6x"):
        assert expected in text
    assert "Processor A, 2 threads, torch 2.11" in text
    assert "Smoke test" in svg(SMOKE)


def test_svg_is_the_same_every_time(svg):
    assert svg(THREE) == svg(THREE)
    assert "<dc:date>" not in svg(THREE)


def test_page_needs_no_network():
    page = html_page(INFO)
    assert "<title>small: accuracy against relative latency</title>" in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=", page)


@pytest.mark.parametrize(("suffix", "start"), [(".html", b"<!doctype html>"), (".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_the_suffix_picks_the_kind(tmp_path, suffix, start):
    path = tmp_path / f"front{suffix}"
    save_front(INFO, path)
    assert path.read_bytes().startswith(start)


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must be one that ends in \.html, \.png, \.svg\. Got 'front\.pdf' instead"):
        save_front(INFO, tmp_path / "front.pdf")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"There is no folder '.*missing' for the figure\."):
        save_front(INFO, tmp_path / "missing" / "front.svg")
