"""The figure of networks that were trained anew: what is drawn, by matplotlib's objects and the SVG's text."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from modsearch.analysis import Objective, RefinedInfo
from modsearch.output import save_refined
from modsearch.output.draw.style import FAINT, MOD, PLAIN
from modsearch.output.refined.difference import COLOURS, difference_panel
from modsearch.output.refined.matplotlib import refined_picture
from modsearch.output.refined.panel import LADDER, refined_panel
from modsearch.output.refined.tick import log_ticks
from modsearch.record import Measurement
from modsearch.statistic.contrast import Estimate
from tests.output.refined.study import CONTROLS, INFO, NETWORKS, UNTRIED, alone, held, refined
from tests.output.refined.study import MOD as MOD_NETWORK


def points(axes: Axes) -> dict[str, Any]:
    """Legend entry -> the markers."""
    return {str(found.get_label()): found for found in axes.collections if not str(found.get_label()).startswith("_")}


def segments(axes: Axes) -> list[Any]:
    """The error bars of all series."""
    bars: list[Any] = [bar for container in axes.containers for bar in container.lines[2]]  # type: ignore[attr-defined]
    return [segment.tolist() for bar in bars for segment in bar.get_segments()]


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def test_accuracy_stands_over_cost():
    axes = refined_picture(INFO).axes[0]
    assert axes.get_xscale() == "log"
    found = points(axes)
    assert list(found) == [
        "MoD",
        "Plain",
        *(f"Control: {name}" for name in ("deleted", "random", "first", "first scored", "narrow")),
    ]
    assert found["MoD"].get_offsets().tolist() == [[0.7, 74.8], [0.75, 71.0]]
    assert found["Plain"].get_offsets().tolist() == [[0.4, 60.0], [0.8, 74.0], [1.0, 80.0]]
    assert found["Control: deleted"].get_offsets().tolist() == [[0.66, 73.0]]
    shown = [text.get_text() for text in axes.get_legend().get_texts()]  # type: ignore[union-attr]
    assert shown == [*found, LADDER]


def test_a_marker_is_as_full_as_its_network_is_likely_on_the_front():
    found = points(refined_picture(INFO).axes[0])
    assert found["MoD"].get_facecolors()[:, 3].tolist() == [0.9, 0.0]
    assert found["Plain"].get_facecolors()[:, 3].tolist() == [1.0, 0.4, 1.0]
    assert {to_hex(edge).upper() for edge in found["MoD"].get_edgecolors()} == {MOD}
    unknown = points(refined_picture(alone(replace(NETWORKS[0], membership=None))).axes[0])["MoD"]
    assert unknown.get_facecolors()[:, 3].tolist() == [0.0]
    assert to_hex(unknown.get_edgecolors()[0]).upper() == FAINT


def test_bars_are_the_intervals():
    drawn = segments(refined_picture(INFO).axes[0])
    across, up = ([[0.686, 74.8], [0.714, 74.8]], [[0.7, 73.8], [0.7, 75.8]])
    for expected in (across, up):
        assert any(np.allclose(segment, expected) for segment in drawn)
    assert len(drawn) == 2 * 10


def test_the_ladder_is_a_line_and_controls_are_joined():
    lines = [list(zip(*line.get_data(), strict=True)) for line in refined_picture(INFO).axes[0].lines]
    assert [(0.4, 60.0), (0.8, 74.0), (1.0, 80.0)] in [[tuple(map(float, corner)) for corner in line] for line in lines]
    panel = refined_panel(INFO, 800, 450)
    assert panel.joints == tuple(((0.7, 74.8), corner) for corner in ends(INFO))
    for joint in panel.joints:
        assert list(joint) in lines


def ends(info: RefinedInfo) -> list[tuple[float, float]]:
    """Where its controls stand."""
    accuracies = [(network.cost.value, network.accuracy) for network in info.networks if network.roles == ("control",)]
    return [(cost, 100 * accuracy.value) for cost, accuracy in accuracies if accuracy]


def test_published_networks_are_named_and_those_that_rows_name():
    names = [text for _, text, *_ in refined_panel(INFO, 800, 450).labels]
    assert names == [MOD_NETWORK.id, "resnet20_cifar"]
    shown = [text.get_text() for text in refined_picture(INFO).axes[0].texts]
    assert shown == names
    many = alone(*[NETWORKS[0]] * 13, NETWORKS[4])
    assert [text for _, text, *_ in refined_panel(many, 800, 450).labels] == ["resnet20_cifar"]


def test_names_cover_no_point_and_no_other_name():
    figure = refined_picture(INFO)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes, renderer = figure.axes[0], canvas.get_renderer()
    boxes = [text.get_bbox_patch().get_window_extent(renderer) for text in axes.texts]  # type: ignore[union-attr]
    places = [axes.transData.transform(place) for one in points(axes).values() for place in one.get_offsets()]
    assert not any(box.contains(*place) for box in boxes for place in places)
    assert not boxes[0].overlaps(boxes[1])


def test_differences_stand_around_zero():
    axes = refined_picture(INFO).axes[1]
    shown: dict[str, list[tuple[float, float]]] = {}
    for container in axes.containers:
        line = container.lines[0]  # type: ignore[attr-defined]
        shown[str(container.get_label())] = list(zip(*map(list, line.get_data()), strict=True))
        assert to_hex(line.get_color()).upper() == COLOURS[container.get_label()]  # type: ignore[index]
    assert {verdict: [place[1] for place in places] for verdict, places in shown.items()} == {
        "better": [1],
        "worse": [9],
        "equivalent": [5],
        "inconclusive": [3, 7],
    }
    assert shown["better"][0][0] == pytest.approx(1.8)
    assert any(np.allclose(segment, [[0.6, 1], [3.0, 1]]) for segment in segments(axes))
    (shade,) = axes.patches
    assert shade.get_extents().transformed(axes.transData.inverted()).intervalx.tolist() == pytest.approx([-1, 1])


def test_rows_are_grouped_by_control():
    axes = refined_picture(INFO).axes[1]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    headings = ["Blocks deleted", "Random channels", "First channels", "First, scored", "Narrow blocks"]
    assert sorted(labels) == sorted(headings + [MOD_NETWORK.id] * 5)
    places = {label: place for place, label in zip(axes.get_yticks(), labels, strict=True)}
    assert [places[heading] for heading in headings] == [0, 2, 4, 6, 8]
    bottom, top = axes.get_ylim()
    assert bottom > top  # the first one is at the top


def test_without_controls_there_is_one_panel():
    figure = refined_picture(alone(*NETWORKS[1:6]))
    assert len(figure.axes) == 1
    assert "Shaded" not in texts(figure)
    assert difference_panel(UNTRIED) is None


def test_there_is_no_room_for_too_many_rows():
    networks = [replace(NETWORKS[0], controls={"deleted": held(0.01, 0.02)}) for _ in range(130)]
    panel = difference_panel(alone(*networks))
    assert panel is not None
    assert (len(panel.rows), panel.num_left_out, panel.num_lines) == (120, 10, 121)
    assert panel.rows[-1].position == 120


def test_the_words_around_it():
    text = texts(refined_picture(INFO))
    assert "small: refined accuracy against latency" in text
    assert "MoD members gain +0.8 points over plain networks of the same latency" in text
    assert "10 networks, 3 trainings each" in text
    assert "Not trained yet: 1 network." in text
    assert "the margin of 1.0 points" in text
    some = alone(NETWORKS[0], replace(NETWORKS[1], num_replicates=5))
    assert "2 networks, 3 to 5 trainings each" in texts(refined_picture(some))


def test_wide_intervals_do_not_stretch_the_axes():
    few = Estimate(0.748, 0.01, 1.0)  # 12.7 points to each side
    controls = {"deleted": replace(NETWORKS[0].controls["deleted"], difference=few)}
    info = alone(replace(NETWORKS[0], accuracy=few, controls=controls))
    panel = refined_panel(info, 800, 450)
    assert panel.y_range == pytest.approx((73.66, 75.94))  # a point to each side, and 7 % of two
    differences = difference_panel(info)
    assert differences is not None
    assert differences.x_range[1] < 160


def test_an_accuracy_does_not_reach_beyond_all_images():
    panel = refined_panel(alone(refined(MOD_NETWORK, ("member",), 0.999, 1.0)), 800, 450)
    assert panel.series[0].marks[0].y.high == 100


def test_costs_have_their_unit():
    counts = [
        replace(one, cost=Measurement.exact(cost, "parameters"))
        for one, cost in zip(NETWORKS[:2], (2e5, 3e6), strict=True)
    ]
    panel = refined_panel(replace(alone(*counts), cost=Objective.named("params")), 800, 450)
    assert panel.suffix == " M"
    assert sorted(mark.x.value for series in panel.series for mark in series.marks) == pytest.approx([0.2, 3.0])
    slow = replace(NETWORKS[0], cost=Measurement(value=5.0, low=4.9, high=5.1, num_samples=3, unit="ms"))
    panel = refined_panel(replace(alone(slow), cost=Objective.named("latency_ms")), 800, 450)
    assert (panel.suffix, panel.x_title) == ("", "Latency (ms a batch)")


def test_other_light_blocks_have_a_series():
    narrow = replace(CONTROLS[-1], roles=("member", "control"))
    assert [series.name for series in refined_panel(alone(*NETWORKS[:2], narrow), 800, 450).series] == [
        "MoD",
        "Narrow",
        "Plain",
    ]
    assert refined_panel(alone(NETWORKS[1]), 800, 450).series[0].colour == PLAIN


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.675, 0.735, [0.68, 0.69, 0.7, 0.71, 0.72, 0.73]),
        (0.36, 1.1, [0.5, 0.7, 1.0]),
        (0.9, 40.0, [1, 2, 5, 10, 20]),
        (1.0, 1e5, [1, 10, 100, 1e3, 1e4, 1e5]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert log_ticks(low, high) == pytest.approx(expected)


def test_nothing_trained_is_nothing_drawn(tmp_path: Path):
    with pytest.raises(ValueError, match="small has trained no network anew: there is nothing to draw"):
        save_refined(UNTRIED, tmp_path / "refined.png")
    assert not list(tmp_path.iterdir())


def test_there_is_no_page(tmp_path: Path):
    with pytest.raises(ValueError, match=r"one that ends in \.png or \.svg. Got 'refined.html'"):
        save_refined(INFO, tmp_path / "refined.html")


def test_svg_text_is_text_and_the_same_every_time(tmp_path: Path):
    paths = [tmp_path / f"{number}.svg" for number in range(2)]
    for path in paths:
        save_refined(INFO, path)
    text = paths[0].read_text(encoding="utf-8")
    assert text == paths[1].read_text(encoding="utf-8")
    for expected in ("small: refined accuracy against latency", "resnet20_cifar", "First, scored", LADDER):
        assert expected in text


def test_a_png_is_a_png(tmp_path: Path):
    save_refined(INFO, tmp_path / "refined.png")
    assert (tmp_path / "refined.png").read_bytes().startswith(b"\x89PNG")
