"""The figures of a training: what is drawn, by matplotlib's objects and the SVG's text; no pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modsearch.architecture import published
from modsearch.output import save_confusion_figure, save_training_figure
from modsearch.output.training.heat_map import confusion_picture, row_shares
from modsearch.output.training.matplotlib import training_picture
from modsearch.output.training.panel import training_panel
from tests.analysis.trained import CURVE, GOOD, MINE, UNJUDGED_CURVE, request, result

COUNTS = np.array([[8, 2, 0], [0, 0, 0], [5, 0, 5]])
NAMES = ("cat", "owl", "dog")


def lines(axes: Axes) -> dict[str, tuple[list[float], list[float]]]:
    """Legend entry -> from left to right, from bottom to top."""
    handles, labels = axes.get_legend_handles_labels()
    drawn = (getattr(handle, "lines", [handle])[0] for handle in handles)
    return {label: (list(line.get_xdata()), list(line.get_ydata())) for label, line in zip(labels, drawn, strict=True)}


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def test_accuracy_and_loss_stand_over_the_epochs() -> None:
    accuracy, loss = training_picture(*MINE).axes
    found = lines(accuracy)
    assert found["validation"] == ([1, 2, 3], [25, 75, 50])
    assert found["kept epoch"] == ([2], [75])
    assert found["kept weights, 100 held-out images"] == ([2], [95])
    assert lines(loss)["training loss"] == ([1, 2, 3], [2.0, 1.0, 0.5])
    assert accuracy.get_xlim() == loss.get_xlim()
    low, high = accuracy.get_ylim()
    assert low < 25
    assert high > 97.8  # the end of the interval


def test_the_final_accuracy_has_its_interval() -> None:
    panel = training_panel(MINE[1])
    accuracy = training_picture(*MINE).axes[0]
    (bar,) = (container for container in accuracy.containers)
    segment: Any = bar.lines[2][0].get_segments()[0]  # type: ignore[index]
    assert segment[:, 1] == pytest.approx([panel.final.low, panel.final.high])
    assert panel.final.low == pytest.approx(100 * MINE[1].accuracy.low)


def test_the_words_around_it() -> None:
    text = texts(training_picture(*MINE))
    assert "mine: 95.0 % (88.8-97.8), epoch 2 of 3" in text
    assert MINE[0].architecture.describe() in text
    assert "100 held-out images, read once, at the end" in text
    assert "200 validation images chose the epoch" in text
    text = texts(training_picture(request(), result(GOOD, judged="validation")))
    assert "100 validation images, which also chose the epoch: optimistic" in text


def test_without_validation_images_the_last_weights_are_a_point_alone() -> None:
    figure = training_picture(request(num_validation=0), result(GOOD, curve=UNJUDGED_CURVE, epoch=3))
    assert list(lines(figure.axes[0])) == ["kept weights, 100 held-out images"]
    assert "no image chose the epoch: the last one is kept" in texts(figure)


@pytest.mark.parametrize("num_epochs", [1, 300])
def test_one_epoch_and_many(num_epochs: int) -> None:
    figure = training_picture(request(), result(GOOD, curve=CURVE[:1] * num_epochs, epoch=num_epochs))
    figure.canvas.draw()
    low, high = figure.axes[1].get_xlim()
    assert 0 < low < 1
    assert high > num_epochs
    ticks = [tick for tick in figure.axes[1].get_xticks() if low <= tick <= high]
    assert ticks
    assert all(tick == int(tick) for tick in ticks)
    (line,) = figure.axes[1].get_lines()[:1]
    assert (line.get_marker() == "o") == (num_epochs == 1)  # alone it would not be seen without


def test_a_deep_network_is_named_in_several_lines_above_the_panels() -> None:
    plain, deep = (
        training_picture(request(architecture=published()[name].architecture), MINE[1])
        for name in ("resnet18", "resnet152")
    )
    assert deep.get_figheight() > plain.get_figheight()
    drawn = deep.texts[1].get_text().splitlines()
    assert len(drawn) > 1
    assert " ".join(drawn) == published()["resnet152"].architecture.describe()


def test_cells_are_shares_of_their_rows() -> None:
    axes = confusion_picture(COUNTS, NAMES).axes[0]
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert shown[[0, 2]].tolist() == [[0.8, 0.2, 0], [0.5, 0, 0.5]]
    assert np.isnan(shown[1]).all()  # no image of the owl was judged
    assert row_shares(COUNTS).mask[1].all()
    assert [(text.get_position(), text.get_text()) for text in axes.texts] == [
        ((0, 0), "8"),
        ((1, 0), "2"),
        ((0, 2), "5"),
        ((2, 2), "5"),
    ]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(NAMES)
    assert [label.get_text() for label in axes.get_xticklabels()] == list(NAMES)


def test_the_heat_map_says_how_many_images_it_holds() -> None:
    assert "20 images of 3 classes, 65.0 % of them right" in texts(confusion_picture(COUNTS, NAMES))
    assert "No image was judged" in texts(confusion_picture(0 * COUNTS, NAMES))


@pytest.mark.parametrize(("num_classes", "num_texts"), [(1, 1), (20, 20), (21, 0), (100, 0)])
def test_counts_are_written_for_few_classes(num_classes: int, num_texts: int) -> None:
    names = [f"a name that is rather long, of class {index}" for index in range(num_classes)]
    axes = confusion_picture(7 * np.eye(num_classes, dtype=np.int64), names).axes[0]
    assert len(axes.texts) == num_texts
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(set(labels)) == num_classes
    assert max(map(len, labels)) <= 24


@pytest.mark.parametrize(
    "name", ["i", "a cat, but not a small one", "GOLDEN RETRIEVERS, ALL OF THEM", "1234567890" * 3]
)
def test_names_of_classes_stay_inside_of_the_picture(name: str) -> None:
    for num_classes in (2, 20):
        names = [name] * num_classes
        figure = confusion_picture(np.eye(num_classes, dtype=np.int64), names)
        figure.canvas.draw()
        box = figure.axes[0].get_tightbbox()
        assert box is not None
        assert box.x0 >= 0
        assert box.y0 >= 0


@pytest.mark.parametrize(("num_classes", "is_drawn"), [(100, True), (101, False)])
def test_too_many_classes_are_not_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, num_classes: int, is_drawn: bool
) -> None:
    monkeypatch.setattr("modsearch.output.training.figure.confusion_picture", lambda *_: Figure())  # it takes seconds
    path = tmp_path / "confusion.png"
    names = [str(index) for index in range(num_classes)]
    assert save_confusion_figure(path, np.eye(num_classes, dtype=np.int64), names) == is_drawn
    assert path.exists() == is_drawn


def test_classes_may_be_named_in_letters_that_no_font_has(tmp_path: Path) -> None:
    assert save_confusion_figure(tmp_path / "confusion.png", COUNTS, ("\u732b", "$x$", "<b>"))


def test_svg_text_is_text_and_the_same_every_time(tmp_path: Path) -> None:
    for number in range(2):
        save_training_figure(tmp_path / f"training{number}.svg", *MINE)
        save_confusion_figure(tmp_path / f"confusion{number}.svg", COUNTS, NAMES)
    for name, expected in (("training", "kept epoch"), ("confusion", "taken for")):
        one, other = ((tmp_path / f"{name}{number}.svg").read_text(encoding="utf-8") for number in range(2))
        assert one == other
        assert expected in one


def test_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"one that ends in \.png or \.svg. Got 'training.html'"):
        save_training_figure(tmp_path / "training.html", *MINE)
    with pytest.raises(ValueError, match="There is no folder"):
        save_training_figure(tmp_path / "nowhere" / "training.png", *MINE)
