"""The images of a study: which there are, how they are split, decoded once, and cut into batches."""

from modsearch.images.batch import Batches
from modsearch.images.cache import OnProgress
from modsearch.images.shared import SharedSplit
from modsearch.images.source import count_classes
from modsearch.images.split import Images, Split, count_images, load_split
from modsearch.images.survey import survey

__all__ = [
    "Batches",
    "Images",
    "OnProgress",
    "SharedSplit",
    "Split",
    "count_classes",
    "count_images",
    "load_split",
    "survey",
]
