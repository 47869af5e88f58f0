"""Where the names beside points go, so that they cover neither points nor each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

_DIRECTIONS = ((-1, -1), (1, 1), (1, -1), (-1, 1), (1, 0), (-1, 0), (0, 1), (0, -1))
_DISTANCES = (14.0, 26.0, 40.0, 58.0, 80.0)
_COST_OF_DISTANCE = 1.5  # square pixels that may be covered to come one pixel nearer


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """The area that the two share, in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    @property
    def area(self) -> float:
        """In square pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


def place_labels(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    obstacles: Sequence[Box],
    canvas: Box,
) -> list[tuple[float, float]]:
    """The offset of each label's centre from its anchor, in pixels: one after the other, the least covered place.

    Args:
        anchors: the points that are named.
        sizes: width and height of each label.
        obstacles: everything that is not to be covered.
        canvas: what labels stay inside of.
    """
    taken = list(obstacles)
    offsets = []
    for (x, y), size in zip(anchors, sizes, strict=True):
        choices = list(product(_DISTANCES, _DIRECTIONS))
        places = [_offset(direction, distance, size) for distance, direction in choices]
        boxes = [_around(x + dx, y + dy, size) for dx, dy in places]
        far = [_COST_OF_DISTANCE * distance for distance, _ in choices]
        costs = [_cost(box, taken, canvas) + cost for box, cost in zip(boxes, far, strict=True)]
        best = costs.index(min(costs))
        taken.append(boxes[best])
        offsets.append(places[best])
    return offsets


def _offset(direction: tuple[int, int], distance: float, size: tuple[float, float]) -> tuple[float, float]:
    """The label's near side, or corner, lies ``distance`` pixels away."""
    across, down = direction
    reach = distance * (0.6 if across and down else 1.0)
    return across * (reach + size[0] / 2), down * (reach + size[1] / 2)


def _around(x: float, y: float, size: tuple[float, float]) -> Box:
    return Box(x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2)


def _cost(box: Box, taken: Sequence[Box], canvas: Box) -> float:
    """Square pixels that are covered, and ten times those outside of the canvas."""
    return sum(box.overlap(obstacle) for obstacle in taken) + 10 * (box.area - box.overlap(canvas))
