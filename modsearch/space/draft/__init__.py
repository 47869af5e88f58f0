"""Draft: a first study for a folder of images, with its reasons beside it."""

from modsearch.space.draft.around import space_around
from modsearch.space.draft.fit import MIN_TRIALS, Cost, Fit, fit
from modsearch.space.draft.network import check_backbone_name, choose_network, target_size
from modsearch.space.draft.place import read_deployments, with_image_size
from modsearch.space.draft.request import FEW_IMAGES, ImageFacts, Request
from modsearch.space.draft.study import draft_study
from modsearch.space.draft.text import Remarks, write_study
from modsearch.space.draft.training import Training, trainings

__all__ = [
    "FEW_IMAGES",
    "MIN_TRIALS",
    "Cost",
    "Fit",
    "ImageFacts",
    "Remarks",
    "Request",
    "Training",
    "check_backbone_name",
    "choose_network",
    "draft_study",
    "fit",
    "read_deployments",
    "space_around",
    "target_size",
    "trainings",
    "with_image_size",
    "write_study",
]
