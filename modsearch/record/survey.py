"""Survey: what lies in a folder of images, before a study is made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median_low


@dataclass(frozen=True)
class Survey:
    """What a look at a folder of images found.

    Attributes:
        classes: class -> how many images of it a search may read; those that are held out are not counted.
        short_sides: pixels of the shorter sides of the images that were looked at, in ascending order.
        parts: the folder's own parts that no search reads, such as ``val``.
        holdout: the share of the images that can be held out, for a folder without such parts; 0 for none.
        num_held_out: how many these are.
        refusal: why none can be held out; empty where some can, or where none need be.
        left_out: ending of a name, such as ``.heic`` -> how many files with it are no images for us or lie in no class.
    """

    classes: Mapping[str, int]
    short_sides: tuple[int, ...]
    parts: tuple[str, ...] = ()
    holdout: float = 0.0
    num_held_out: int = 0
    refusal: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def num_images(self) -> int:
        """Images that a search may read."""
        return sum(self.classes.values())

    @property
    def smallest_class(self) -> int:
        """Images of the class that has the fewest."""
        return min(self.classes.values())

    @property
    def usual_class(self) -> int:
        """Images of the class in the middle."""
        return median_low(self.classes.values())

    @property
    def largest_class(self) -> int:
        """Images of the class that has the most."""
        return max(self.classes.values())

    @property
    def least_side(self) -> int:
        """Pixels of the shortest side that was seen."""
        return self.short_sides[0]

    @property
    def usual_side(self) -> int:
        """The median of the shorter sides, in pixels."""
        return median_low(self.short_sides)

    @property
    def num_looked_at(self) -> int:
        """Images whose size was read."""
        return len(self.short_sides)
