"""What is said of a drafted study."""

from dataclasses import replace

import pytest

from modsearch.output import draft_lines, draft_remarks
from modsearch.record import Survey
from modsearch.space.draft import Cost, fit, trainings, write_study
from tests.space.draft.requested import make_request

SURVEY = Survey(
    classes={f"class {number}": 73 + 8 * number for number in range(40)},
    short_sides=(480, 1080, 1080),
    holdout=0.1,
    num_held_out=1234,
)
COMMANDS = ("modsearch new x.yaml", "modsearch plan x.yaml")


def said(found: Survey, cost: Cost, missing: str = "", num_workers: int = 4) -> list[str]:
    request = make_request(places=("gpu", "intel:runtime=openvino"), num_workers=num_workers)
    return draft_lines(found, request, fit(request, trainings(request)[0], cost), missing)


def test_the_lines_are_short_and_say_what_was_found_and_chosen() -> None:
    """73 + 81 + ... + 385 are 40 x 229 images; 8 h of 30 s + 2,400 s / 4 are 45 networks."""
    assert said(SURVEY, Cost(30, 2400)) == [
        "40 classes, 9,160 images (73 to 385 a class), short side 1080 px, at least 480",
        "1,234 more images are held out: no search reads them",
        "around resnet50, timed at gpu and intel, 224 px",
        "proxies: 128 px, 500 images a class, 18 epochs",
        "a network takes about 40 min (timing 30 s, training 40 min)",
        "budget: 45 networks or 8 h on 4 GPUs, whatever is first",
    ]


@pytest.mark.parametrize("cost", [Cost(1, 1), Cost(300, 1e6)])
@pytest.mark.parametrize("missing", ["", "No weights."])
def test_there_are_never_more_than_seven(cost: Cost, missing: str) -> None:
    lines = said(SURVEY, cost, missing)
    assert len(lines) <= 7
    assert all(len(line) <= 80 for line in lines)


def test_too_few_hours_are_said_with_enough() -> None:
    """62 of 500 images, 6 of 18 epochs, a quarter of the pixels: 6,200 s of 600,000 s; 20 x 6,500 s are 36.1 h."""
    lines = said(SURVEY, Cost(300, 600_000), num_workers=1)
    assert lines[-1] == "8 h are enough for about 4 networks: 20, for a front, take --hours 37"


@pytest.mark.parametrize(
    ("found", "line", "remark"),
    [
        (
            replace(SURVEY, holdout=0, num_held_out=0, parts=("val",)),
            "val/: no search reads it",
            "No search reads val/: ",
        ),
        (
            replace(SURVEY, holdout=0, parts=("test", "val")),
            "test/ and val/: no search reads",
            "No search reads test/ and",
        ),
        (SURVEY, "1,234 more images", "holdout: 1,234 more images, about 10 %, are told by their content"),
        (
            replace(SURVEY, holdout=0, refusal="Too few."),
            "no images are held out",
            "No images are held out for the end: Too",
        ),
        (replace(SURVEY, left_out={".heic": 20}), "", ""),
    ],
)
def test_what_is_kept_for_the_end_is_said(found: Survey, line: str, remark: str) -> None:
    request = make_request()
    fitted = fit(request, trainings(request)[0], Cost(10, 60))
    remarks = draft_remarks(found, request, fitted, COMMANDS, "")
    assert draft_lines(found, request, fitted, "")[1].startswith(line)
    assert remarks.holdout.startswith(remark)
    assert (", left out: 20 .heic" in remarks.images) == bool(found.left_out)
    write_study(request, fitted.spec, remarks)


def test_why_weights_are_pretrained_or_not() -> None:
    def start(network: str, missing: str = "", is_pretrained: bool = False) -> str:
        request = make_request(network, is_pretrained=is_pretrained)
        fitted = fit(request, trainings(request)[0], Cost(10, 60))
        return draft_remarks(SURVEY, request, fitted, COMMANDS, missing).pretrained

    assert start("resnet50", is_pretrained=True).startswith("Fewer than 200 images a class: blocks start from")
    assert start("resnet50").startswith("init: torchvision starts blocks from pretrained weights")
    assert start("resnet50", "No network.").endswith("would suit fewer than 200 images a class. No network.")
    assert start("resnet20_cifar") == ""
