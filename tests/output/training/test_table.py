"""The tables, the lines and the JSON of trainings in full."""

import json

import pytest

from modsearch.analysis import training_info
from modsearch.architecture import published
from modsearch.output import class_table, training_json, training_lines, training_table
from modsearch.output.training.words import cut
from modsearch.record import ClassResult
from tests.analysis.small_study import MOD
from tests.analysis.trained import DELETED, GOOD, MINE, POOR, request, result
from tests.output.printed import printed

INFO = training_info([MINE, DELETED])
LONG = training_info(
    [
        (
            request("1a2b3c4d5e6f", architecture=published()["resnet50_mod"].architecture),
            result(
                GOOD,
                epoch=100_000,
                images_per_second=123_456.0,
                classes=(
                    ClassResult(name="a class of a very long name", num_images=3, num_correct=3),
                    ClassResult(name="[bold]", num_images=3, num_correct=1),
                ),
            ),
        ),
        (request("1a2b3c4d5e6f_deleted"), result(POOR)),
    ]
)


def test_the_table_at_80_columns() -> None:
    text = printed(training_table(INFO), width=80)
    rows = text.splitlines()
    mine, deleted = (next(row for row in rows if row.split()[:1] == [name]) for name in ("mine", "deleted"))
    assert mine.split() == ["mine", "95.0", "%", "2", "512", "50.0", "%", "dog"]
    assert deleted.split() == ["deleted", "80.0", "%", "+15.0", "points", "2", "512", "50.0", "%", "dog"]
    assert "+5.7 to +24.3" in text  # 15 +- 1.96 * sqrt(25 - 225 / 100)
    assert "gains" in text
    assert "held-out" in text


def test_one_network_has_no_difference() -> None:
    text = printed(training_table(training_info([MINE])), width=80)
    assert "minus this" not in text
    assert "95.0 %" in text
    assert training_lines(training_info([MINE])) == ("Accuracy on 100 held-out images, read once, at the end",)


def test_nothing_is_cut_off_at_80_columns() -> None:
    rows = printed(training_table(LONG), width=80).splitlines()
    text = " ".join(rows)
    assert all(len(row) <= 80 for row in rows)
    for expected in (
        "33.3 % [bold]",
        "100 % a cl…name",
        "123,456",
        "of 3",
        "100000",
        "1a2b3c4d5e6f",
        "88.8-97.8",
        "points",
    ):
        assert expected in text
    assert "…" not in text.replace("a cl…name", "")


def test_the_lines_say_what_was_judged_and_what_the_first_gains() -> None:
    judged, lead, luck = training_lines(INFO)
    assert judged == "Accuracy on 100 held-out images, read once, at the end"
    assert lead == "mine against deleted: +15.0 points (+5.7 to +24.3), gains"
    assert luck == "One training each: intervals cover the choice of images, not a training's luck."
    assert all(len(line) <= 80 for line in (judged, lead, luck))


def test_differences_that_are_none_or_unpaired_are_called_so() -> None:
    unpaired = request("unpaired"), result(POOR, is_recorded=False)
    elsewhere = request("elsewhere", content_hash="others"), result(POOR)
    _, first, second, _ = training_lines(training_info([MINE, unpaired, elsewhere]))
    assert first.endswith("gains, unpaired")
    assert second == "mine against elsewhere: judged on different images, not compared"


def test_validation_images_that_chose_the_epoch_are_said_to_flatter() -> None:
    chosen = request(), result(GOOD, judged="validation")
    unchosen = request(num_validation=0), result(GOOD, judged="validation")
    assert training_lines(training_info([chosen])) == (
        "Accuracy on 100 validation images, which also chose the epoch: optimistic",
    )
    assert training_lines(training_info([unchosen])) == ("Accuracy on 100 validation images",)


def test_networks_that_were_judged_differently_are_told_apart() -> None:
    info = training_info([MINE, (request("other"), result(POOR, judged="validation"))])
    first, second, *_ = training_lines(info)
    assert first == "mine: accuracy on 100 held-out images, read once, at the end"
    assert second == "other: accuracy on 100 validation images, which also chose the epoch: optimistic"
    text = printed(training_table(info), width=80)
    assert "held-out" in text
    assert "validation" in text


def test_the_json() -> None:
    mine, deleted = json.loads(json.dumps(training_json(INFO), allow_nan=False))["networks"]
    assert (mine["name"], mine["id"], mine["judged"], mine["is_optimistic"]) == ("mine", MOD.id, "held-out", False)
    assert mine["accuracy"]["value"] == 0.95
    assert mine["accuracy"]["num_images"] == 100
    assert (mine["epoch"], mine["num_epochs"], mine["images_per_second"]) == (2, 3, 512.4)
    assert mine["worst_class"] == {"name": "dog", "num_images": 50, "num_correct": 25, "accuracy": 0.5}
    assert mine["best_class"]["name"] == "cat"
    assert (mine["first_minus_this"], mine["verdict"]) == (None, None)
    assert deleted["first_minus_this"]["value"] == pytest.approx(0.15)
    assert deleted["first_minus_this"]["is_paired"]
    assert deleted["verdict"] == "gains"


def test_classes_the_worst_first() -> None:
    rows = printed(class_table(MINE[1]), width=80).splitlines()
    found = [row.split() for row in rows if row.split()[:1] in (["dog"], ["cat"], ["owl"])]
    assert found == [
        ["dog", "50", "25", "50.0", "%", "36.6-63.4"],
        ["cat", "50", "40", "80.0", "%", "67.0-88.8"],
        ["owl", "0", "0"],
    ]
    assert "Classes on 100 held-out images, worst first" in "\n".join(rows)


@pytest.mark.parametrize(
    ("num_classes", "num_rows", "more"), [(20, 20, ""), (21, 20, "1 more class"), (1000, 20, "980 more classes")]
)
def test_many_classes_are_counted(num_classes: int, num_rows: int, more: str) -> None:
    classes = tuple(ClassResult(name=f"[n{i}]", num_images=1000, num_correct=i) for i in range(num_classes))
    text = printed(class_table(result(GOOD, classes=classes)), width=80)
    assert [row.split()[0] for row in text.splitlines() if row.strip().startswith("[n")] == [
        f"[n{i}]" for i in range(num_rows)
    ]
    assert ("more" in text) == bool(more)
    assert more in text


def test_long_names_keep_both_ends() -> None:
    assert cut("n01440764_tench", 9) == "n014…ench"
    assert cut("tench", 9) == "tench"
    assert [len(cut("x" * 30, width)) for width in (9, 10, 24)] == [9, 10, 24]
