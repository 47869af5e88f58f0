"""Trainings in full, made up by hand: no torch."""

from collections.abc import Sequence
from typing import Any

from modsearch.record import ClassResult, Epoch, Measurement, Score, TrainingRequest, TrainingResult
from modsearch.space import Digits, OneCycle, Recipe
from modsearch.statistic.interval import share_interval
from tests.analysis.small_study import MOD, packed

CURVE = tuple(
    Epoch(loss=loss, accuracy=accuracy, seconds=2.0) for loss, accuracy in ((2.0, 0.25), (1.0, 0.75), (0.5, 0.5))
)
UNJUDGED_CURVE = tuple(epoch.model_copy(update={"accuracy": None}) for epoch in CURVE)
CLASSES = (
    ClassResult(name="cat", num_images=50, num_correct=40),
    ClassResult(name="owl", num_images=0, num_correct=0),
    ClassResult(name="dog", num_images=50, num_correct=25),
)
Training = tuple[TrainingRequest, TrainingResult]


def recipe(**more: Any) -> Recipe:
    return Recipe.model_validate({"epochs": 3, "learning_rate": 0.1, "schedule": OneCycle(), "image_size": 8} | more)


def request(name: str = "mine", **more: Any) -> TrainingRequest:
    known = {
        "name": name,
        "origin": "by hand",
        "architecture": MOD,
        "recipe": recipe(),
        "data": Digits(),
        "content_hash": "these images",
        "class_names": ("cat", "owl", "dog"),
        "mean": (0.5, 0.5, 0.5),
        "std": (0.2, 0.2, 0.2),
        "num_train": 1000,
        "num_validation": 200,
        "num_held_out": 100,
        "is_streamed": False,
        "processes": 1,
        "software": "torch 2.11",
    }
    return TrainingRequest(**(known | more))  # type: ignore[arg-type]


def result(bits: Sequence[int], **more: Any) -> TrainingResult:
    """``bits``: 1 for each judged image that was classified correctly; ``is_recorded``: whether they are kept."""
    low, high = share_interval(sum(bits), len(bits))
    accuracy = Measurement(value=sum(bits) / len(bits), low=low, high=high, num_samples=len(bits), unit="fraction")
    correct = packed(bits) if more.pop("is_recorded", True) else ""
    score = Score(metrics={"accuracy": accuracy}, learning_curve=more.pop("curve", CURVE), correct=correct)
    known = {
        "epoch": 2,
        "score": score,
        "judged": "held-out",
        "validation": None,
        "classes": CLASSES,
        "images_per_second": 512.4,
    }
    return TrainingResult(**(known | more))


def discordant(won: int, lost: int, num_images: int = 100) -> tuple[list[int], list[int]]:
    """Images of two networks, so many of which only the first one, or only the second one, gets right."""
    same = [1] * (num_images - won - lost)
    return same + [1] * won + [0] * lost, same + [0] * won + [1] * lost


GOOD, POOR = discordant(20, 5)  # 95 and 80 of 100
MINE: Training = (request(), result(GOOD))
DELETED: Training = (request("deleted", architecture=MOD.deleted()), result(POOR))
