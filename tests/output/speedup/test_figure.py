"""The figure of realised speed-ups: what it says, in plotly's JSON and in the SVG's text; no pixels."""

import json

import pytest

from modsearch.analysis import front_info
from modsearch.output import save_speedup, speedup_plot
from tests.analysis.small_study import (
    MOD,
    SPEC,
    SPEEDUP_TRIALS,
    TRIALS,
    TWO_PLACE_TRIALS,
    TWO_PLACES,
    UNDECIDED_TRIALS,
)

INFO = front_info(SPEEDUP_TRIALS, SPEC)
TWO = front_info(TWO_PLACE_TRIALS, TWO_PLACES)


def drawn(info):
    return json.loads(speedup_plot(info).to_json())


def traces(info):
    return {trace["name"]: trace for trace in drawn(info)["data"]}


def test_ideal_stands_below_and_measured_beside():
    found = traces(INFO)
    on_front, dominated, deleted = (
        found[name] for name in ("MoD, on the front", "MoD, dominated", "MoD blocks deleted")
    )
    assert (on_front["x"], on_front["y"]) == (pytest.approx([5 / 3]), [1.2])
    assert on_front["error_y"]["array"] == pytest.approx([0.1])
    assert (dominated["x"], dominated["y"]) == (pytest.approx([1.25]), [0.9])
    assert deleted["x"] == pytest.approx([0.05 / 0.0408] * 2)
    assert deleted["y"] == pytest.approx([1.4625, 1.4])
    assert MOD.id in on_front["hovertext"][0]
    assert "ideally 1.67x, measured 1.20x" in on_front["hovertext"][0]


def test_the_lines_say_all_and_nothing():
    layout, found = drawn(INFO)["layout"], traces(INFO)
    assert layout["xaxis"]["range"] == layout["yaxis"]["range"]
    assert found["All saved MACs become time"]["x"] == found["All saved MACs become time"]["y"]
    assert found["No time is saved"]["y"] == [1, 1]
    assert "1 of 2 MoD networks save MACs but no time" in layout["title"]["text"]
    assert "standard blocks; 0 undecided" in layout["title"]["text"]
    title = drawn(front_info(UNDECIDED_TRIALS, SPEC))["layout"]["title"]["text"]
    assert "0 of 2 MoD networks save MACs but no time against standard blocks; 1 undecided" in title


def test_each_deployment_has_a_panel_on_the_same_axes():
    layout = drawn(TWO)["layout"]
    titles = [annotation["text"] for annotation in layout["annotations"][:2]]
    assert titles[1] == "batch_16: eager on cpu, 1 thread, batch size 16, float32"
    assert layout["xaxis"]["range"] == layout["xaxis2"]["range"] == layout["yaxis2"]["range"]
    assert "at one deployment or more" in layout["title"]["text"]
    in_legend = [trace["name"] for trace in drawn(TWO)["data"] if trace["showlegend"]]
    assert len(in_legend) == len(set(in_legend)) == 5


def test_svg_text_is_text_and_the_same_every_time(tmp_path):
    paths = [tmp_path / f"{index}.svg" for index in range(2)]
    for path in paths:
        save_speedup(TWO, path)
    text = paths[0].read_text(encoding="utf-8")
    for expected in ("small: realised speed-up", "MoD blocks deleted", "batch_1: eager on cpu", "Processor A"):
        assert expected in text
    assert text == paths[1].read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_nothing_timed_is_nothing_drawn(tmp_path, suffix):
    with pytest.raises(
        ValueError, match="small timed no MoD network beside its plain form: there is no speed-up to draw"
    ):
        save_speedup(front_info(TRIALS, SPEC), tmp_path / f"speedup{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("suffix", "start"), [(".html", b"<!doctype html>"), (".png", b"\x89PNG")])
def test_the_suffix_picks_the_kind(tmp_path, suffix, start):
    path = tmp_path / f"speedup{suffix}"
    save_speedup(INFO, path)
    assert path.read_bytes().startswith(start)
