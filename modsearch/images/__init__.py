"""The images of a study: which there are, how they are split, decoded once, and cut into batches."""

from modsearch.images.batch import Batches
from modsearch.images.cache import OnProgress, content_hash
from modsearch.images.feed import WHOLE, Batch, Feed, Share
from modsearch.images.material import Material, load_material
from modsearch.images.shared import SharedSplit
from modsearch.images.source import count_classes
from modsearch.images.split import Choice, Images, Split, choose, choose_held_out, count_images, load_split
from modsearch.images.survey import survey

__all__ = [
    "WHOLE",
    "Batch",
    "Batches",
    "Choice",
    "Feed",
    "Images",
    "Material",
    "OnProgress",
    "Share",
    "SharedSplit",
    "Split",
    "choose",
    "choose_held_out",
    "content_hash",
    "count_classes",
    "count_images",
    "load_material",
    "load_split",
    "survey",
]
