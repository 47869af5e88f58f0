"""Published networks beside their paper: the table, the JSON and the figure; no pixels."""

import json
import re
from dataclasses import replace

import pytest

from modsearch.architecture import preset
from modsearch.output import comparison_json, comparison_table, save_comparison
from modsearch.output.comparison.plotly import comparison_plot
from modsearch.output.comparison.series import conditions, ratio_range, ratio_series
from modsearch.record import Comparison, Count, Environment, Measurement
from modsearch.space import Deployment
from tests.output.printed import printed

WHERE = Environment(device="Processor A", threads=2, software="torch 2.11")
PLACE = Deployment(image_size=224, num_classes=1000, batch_size=16, threads=2)


def ratio(value, num_rounds=30):
    return Measurement(
        value=value,
        low=value - 0.01,
        high=value + 0.02,
        num_samples=num_rounds,
        unit="x reference",
        environment=WHERE,
    )


RATIOS = {("mod", "plain"): ratio(0.85), ("deleted", "plain"): ratio(0.8), ("mod", "deleted"): ratio(1.06)}
TIMES = {form: ratio(value).model_copy(update={"unit": "ms"}) for form, value in (("mod", 85), ("plain", 100))}
PLAIN = Comparison(preset("resnet50"), PLACE, Count(25_557_032, 4.089, ()))
TIMED = Comparison(preset("resnet75_mod"), PLACE, Count(23_100_000, 3.436, ()), preset("resnet50"), RATIOS, TIMES)
UNPRINTED = replace(TIMED, network=preset("resnet50_mod_c2"), ratios={pair: ratio(1.1, 6) for pair in RATIOS})
UNTIMED = replace(TIMED, network=preset("resnet50_mod_last"), ratios={}, latency_ms={})
FOUND = [PLAIN, TIMED, UNPRINTED, UNTIMED]


def test_the_table_sets_own_beside_printed():
    lines = printed(comparison_table(FOUND)).splitlines()
    [own] = [line for line in lines if "resnet75_mod" in line]
    # 128.90 / 160.66 and 2.19 / 2.52 milliseconds
    assert own.split() == ["resnet75_mod", "resnet50", "23.10", "3.436", "0.850", "0.800", "1.060", "0.802", "0.869"]
    below = lines[lines.index(own) + 1]
    # 3.436 / 3.48 = 0.987
    assert " ".join(below.split()) == "23.10 (+0.0 %) 3.480 (-1.3 %) 0.840-0.870 0.790-0.820 1.050-1.080"
    [plain] = [line for line in lines if line.strip().startswith("resnet50 ")]
    assert plain.split() == ["resnet50", "25.56", "4.089"]
    [untimed] = [line for line in lines if "resnet50_mod_last" in line]
    assert untimed.split() == ["resnet50_mod_last", "resnet50", "23.10", "3.436"]


def test_the_table_says_where_and_how():
    text = " ".join(printed(comparison_table(FOUND)).split())
    assert "batch size 16, float32; Processor A, 2 threads, torch 2.11" in text
    assert "Medians of 6 to 30 paired rounds" in text
    assert conditions([PLAIN, UNTIMED]) == ""


def test_json_reads_back():
    found = json.loads(json.dumps(comparison_json(FOUND), allow_nan=False))
    assert [network["name"] for network in found] == [
        "resnet50",
        "resnet75_mod",
        "resnet50_mod_c2",
        "resnet50_mod_last",
    ]
    plain, timed, unprinted, untimed = found
    assert (plain["plain"], plain["params"], plain["printed_params_m"], plain["ratios"]) == (
        None,
        25_557_032,
        25.56,
        {},
    )
    assert timed["ratios"]["mod / deleted"] == {
        "value": 1.06,
        "low": pytest.approx(1.05),
        "high": pytest.approx(1.08),
        "unit": timed["ratios"]["mod / plain"]["unit"],
        "num_rounds": 30,
    }
    assert timed["printed_ratios"]["cpu"] == pytest.approx(128.9 / 160.66)
    assert (timed["latency_ms"]["plain"]["value"], timed["deployment"]["batch_size"]) == (100, 16)
    assert timed["environment"]["device"] == "Processor A"
    assert (unprinted["printed_gmacs"], unprinted["printed_ratios"]) == (None, {"cpu": None, "gpu": None})
    assert untimed["environment"] is None


def test_the_figure_has_a_row_for_each_timed_network():
    figure = json.loads(comparison_plot(FOUND).to_json())
    drawn = {trace["name"]: trace for trace in figure["data"]}
    assert figure["layout"]["yaxis"]["ticktext"] == ["resnet75_mod / resnet50", "resnet50_mod_c2 / resnet50"]
    assert (drawn["MoD, here"]["x"], drawn["MoD, here"]["y"]) == ([0.85, 1.1], [0, 1])
    assert drawn["MoD, here"]["error_x"]["array"] == pytest.approx([0.02, 0.02])
    assert drawn["MoD, here"]["error_x"]["arrayminus"] == pytest.approx([0.01, 0.01])
    assert drawn["MoD blocks deleted, here"]["x"] == [0.8, 1.1]
    assert drawn["MoD, the paper's CPU"]["x"] == pytest.approx([128.9 / 160.66])
    assert drawn["MoD, the paper's GPU"]["y"] == [0]
    assert figure["layout"]["xaxis"]["range"] == pytest.approx([0.72, 1.18])  # 0.8 to 1.1
    assert "<b>0.850</b> (0.840-0.870)" in drawn["MoD, here"]["hovertext"][0]


@pytest.mark.parametrize("found", [FOUND, [PLAIN], [UNPRINTED]])
@pytest.mark.parametrize(("suffix", "start"), [(".html", b"<!doctype html>"), (".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_every_kind_of_file(found, suffix, start, tmp_path):
    path = tmp_path / f"comparison{suffix}"
    save_comparison(found, path)
    assert path.read_bytes().startswith(start)


def test_svg_text_is_text_and_the_same_every_time(tmp_path):
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    for path in (first, second):
        save_comparison(FOUND, path)
    text = first.read_text(encoding="utf-8")
    assert text == second.read_text(encoding="utf-8")
    for expected in ("resnet75_mod / resnet50", "MoD, the paper's CPU", "Processor A, 2 threads, torch 2.11"):
        assert expected in text


def test_page_needs_no_network(tmp_path):
    path = tmp_path / "comparison.html"
    save_comparison(FOUND, path)
    assert not re.search(r"<(script|link)[^>]+(src|href)=", path.read_text(encoding="utf-8"))


def test_a_disturbed_timing_does_not_stretch_the_axis():
    wide = ratio(1.1).model_copy(update={"low": 0.05, "high": 5.0})
    disturbed = replace(UNPRINTED, ratios={**RATIOS, ("mod", "plain"): wide})
    assert ratio_range([TIMED, disturbed]) == pytest.approx((0.72, 1.18))
    assert ratio_range([PLAIN]) == pytest.approx((0.92, 1.08))


def test_nothing_timed_gives_no_series():
    assert ratio_series([PLAIN, UNTIMED]) == ()


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Got 'comparison\.pdf' instead"):
        save_comparison(FOUND, tmp_path / "comparison.pdf")
