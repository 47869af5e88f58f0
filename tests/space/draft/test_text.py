"""Drafted studies and their texts."""

from dataclasses import replace
from math import prod
from pathlib import Path

import pytest

from modsearch.message import parse
from modsearch.space import ImageFolder, SearchSpace, StudySpec
from modsearch.space.document import read_yaml
from modsearch.space.draft import (
    Remarks,
    Request,
    Training,
    draft_study,
    trainings,
    write_study,
)
from tests.space.draft.requested import FACTS, PLAIN, REMARKS, make_request


def studies() -> list[tuple[str, int]]:
    return [(name, side) for name in PLAIN for side in (32, 640) if (name, side) != ("mobilenet_v2", 32)]


@pytest.mark.parametrize(("name", "side"), studies())
def test_every_plain_network_has_a_study_that_reads_back_from_its_text(name: str, side: int) -> None:
    asked = make_request(name, images=replace(FACTS, side=side))
    spec = draft_study(asked, trainings(asked)[0], 40)
    architecture = asked.network.architecture
    strides = prod(architecture.table.strides[architecture.stem][: 1 + len(architecture.stages)])
    assert all(place.image_size >= strides * architecture.table.head_stride for place in spec.deployments.values())
    assert spec.reference_architecture == architecture
    assert architecture in spec.space
    assert isinstance(spec.space, SearchSpace)
    check(asked, spec, REMARKS)


def check(asked: Request, spec: StudySpec, remarks: Remarks) -> str:
    """The text, which says what the spec says, in lines that fit."""
    text = write_study(asked, spec, remarks)
    assert parse(StudySpec, read_yaml(text)) == spec
    assert [line for line in text.splitlines() if len(line) > 100] == []
    return text


def test_a_text_names_what_was_found_and_why() -> None:
    asked = make_request(places=("gpu", "intel:runtime=openvino,threads=8"), num_workers=4, is_pretrained=True)
    asked = replace(asked, data=ImageFolder(path=Path("~/photos"), holdout=0.1))
    remarks = Remarks("40 classes.", "modsearch new a.yaml", "modsearch plan a.yaml", "HELD", "WEIGHTS", "COST")
    text = check(asked, draft_study(asked, trainings(asked)[0], 40), remarks)
    assert text.startswith("# 40 classes.\n# Drafted by: modsearch new a.yaml\n")
    for line in (
        "name: birds",
        "reference: resnet50",
        "  gpu: {image_size: 224, batch_size: 32, device: cuda}",
        "  intel: {image_size: 224, batch_size: 1, device: cpu, threads: 8, runtime: openvino}",
        "# HELD\ndata: {kind: imagefolder, path: ~/photos, holdout: 0.1}",
        "objectives: [accuracy, relative_latency@gpu, relative_latency@intel]",
        "executor: {kind: ray, gpus_per_trial: 1}",
        "# COST\nbudget: {trials: 40, hours: 32}",
        "  init: torchvision",
    ):
        assert f"\n{line}\n" in text
    assert "num_classes" not in text
    assert "WEIGHTS" in text


ODD = (
    "/photos/a # b",
    "/ph: otos",
    "/vögel",
    "/new\nline",
    "/next\x85line",
    "/\udcff",
    "/'quoted' \"path\"",
    "/" + 99 * "x",
)


@pytest.mark.parametrize("path", ODD)
def test_any_path_reads_back(path: str) -> None:
    asked = replace(make_request(), data=ImageFolder(path=Path(path)), name="on")
    spec = draft_study(asked, trainings(asked)[0], 40)
    remarks = replace(REMARKS, command=f"modsearch new x.yaml --data {path}")
    text = write_study(asked, spec, remarks)
    assert parse(StudySpec, read_yaml(text.encode().decode())) == spec


def test_names_that_yaml_takes_for_something_else_read_back() -> None:
    asked = make_request("resnet18", places=("1", "on", "null", "gpu"))
    check(asked, draft_study(replace(asked, name="2024"), trainings(asked)[0], 40), REMARKS)


def test_a_deployed_size_that_the_network_does_not_take_is_named() -> None:
    asked = make_request(places=("a", "b:image_size=31"))
    with pytest.raises(
        ValueError, match=r"^deployments\.b\.image_size must be at least 32 for resnet50\. Got 31 inste"
    ):
        draft_study(asked, Training(None, 1, 32))
