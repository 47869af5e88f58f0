"""Training that is taken back, step by step, and the fidelity that it makes."""

from dataclasses import replace
from typing import Any

import pytest

from modsearch.space.draft import (
    ImageFacts,
    Training,
    draft_study,
    trainings,
)
from tests.space.draft.requested import FACTS, make_request


def test_training_is_taken_back_step_by_step() -> None:
    """500 of 900 images a class, halved to 62; then epochs; then pixels."""
    assert trainings(make_request()) == [
        Training(500, 18, 128),
        Training(250, 18, 128),
        Training(125, 18, 128),
        Training(62, 18, 128),
        Training(62, 12, 128),
        Training(62, 9, 128),
        Training(62, 6, 128),
        Training(62, 6, 96),
        Training(62, 6, 64),
    ]


def test_all_images_are_used_where_a_class_has_few() -> None:
    """130 images a class on average, 120 in the smallest one: all, then half of the average."""
    few = ImageFacts(num_classes=40, num_train=5200, smallest_class=120, side=640)
    found = trainings(make_request(images=few, is_pretrained=True))
    assert [(one.images_per_class, one.epochs, one.image_size) for one in found] == [
        (None, 10, 128),
        (65, 10, 128),
        (65, 8, 128),
        (65, 6, 128),
        (65, 6, 96),
        (65, 6, 64),
    ]
    assert found[0].work(make_request(images=few)) == 5200 * 10 * 128 * 128
    assert found[1].work(make_request(images=few)) == 40 * 65 * 10 * 128 * 128


def test_no_class_is_asked_for_more_images_than_it_has() -> None:
    uneven = ImageFacts(num_classes=4, num_train=4000, smallest_class=70, side=640)
    assert [one.images_per_class for one in trainings(make_request(images=uneven))][:3] == [None, 70, 70]
    tiny = ImageFacts(num_classes=4, num_train=40, smallest_class=10, side=640)
    assert {one.images_per_class for one in trainings(make_request(images=tiny))} == {None}


def test_proxies_see_no_larger_images_than_are_deployed() -> None:
    def sizes(found: list[Training]) -> list[int]:
        return list(dict.fromkeys(one.image_size for one in found))

    assert sizes(trainings(make_request(places=("a", "b:image_size=96")))) == [96, 64]
    assert sizes(trainings(make_request("resnet20_cifar"))) == [64, 48, 32]
    assert sizes(trainings(make_request("resnet20_cifar", images=replace(FACTS, side=32)))) == [32]
    assert sizes(trainings(make_request("vgg16_bn", images=replace(FACTS, side=40)))) == [32]


@pytest.mark.parametrize(
    ("changes", "batch_size", "rate"),
    [
        ({}, 256, 0.4),  # 20,000 images
        ({"is_gpu": False}, 128, 0.2),
        ({"images": ImageFacts(3, 330, 110, 640)}, 16, 0.025),  # 330 / 20 = 16.5 steps
        ({"images": ImageFacts(3, 30, 10, 640)}, 8, 0.0125),
        ({"images": ImageFacts(40, 1300, 30, 640), "is_pretrained": True}, 64, 0.02),  # 1300 / 20 = 65
        ({"name": "vgg16_bn"}, 256, 0.1),
        ({"name": "convnext_tiny"}, 256, 0.002),
        ({"name": "convnext_tiny", "images": ImageFacts(40, 1300, 30, 640), "is_pretrained": True}, 64, 0.0001),
    ],
)
def test_the_batch_fits_the_images_and_the_rate_the_batch(
    changes: dict[str, Any], batch_size: int, rate: float
) -> None:
    asked = make_request(changes.pop("name", "resnet50"), **changes)
    fidelity = draft_study(asked, trainings(asked)[0]).fidelity
    assert fidelity.batch_size == batch_size
    assert fidelity.learning_rate == pytest.approx(rate)
    is_convnext = asked.network.architecture.backbone == "convnext"
    assert fidelity.optimizer == ("adamw" if is_convnext else "sgd")
    assert fidelity.init == ("torchvision" if asked.is_pretrained else "random")
