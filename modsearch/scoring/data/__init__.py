"""The images of a study: which there are, how they are split, decoded once, and cut into batches."""

from modsearch.scoring.data.batch import Batches
from modsearch.scoring.data.cache import OnProgress
from modsearch.scoring.data.image_folder import name_left_out
from modsearch.scoring.data.shared import SharedSplit
from modsearch.scoring.data.split import ImageCount, Images, Split, count_images, load_split

__all__ = [
    "Batches",
    "ImageCount",
    "Images",
    "OnProgress",
    "SharedSplit",
    "Split",
    "count_images",
    "load_split",
    "name_left_out",
]
