"""Names beside points."""

import hypothesis.strategies as st
from hypothesis import given

from modsearch.output.draw.label import Box, place_labels

CANVAS = Box(0, 0, 800, 450)
SIZE = (80.0, 16.0)
PLACES = st.tuples(st.floats(0, 800), st.floats(0, 450))


def boxes(anchors, offsets):
    centres = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(anchors, offsets, strict=True)]
    return [Box(x - SIZE[0] / 2, y - SIZE[1] / 2, x + SIZE[0] / 2, y + SIZE[1] / 2) for x, y in centres]


def test_a_lonely_name_stands_to_the_upper_left():
    [(dx, dy)] = place_labels([(400, 200)], [SIZE], [], CANVAS)
    assert dx < 0
    assert dy < 0


def test_names_of_neighbours_do_not_overlap():
    anchors = [(400, 200), (404, 203)]
    first, second = boxes(anchors, place_labels(anchors, [SIZE] * 2, [], CANVAS))
    assert first.overlap(second) == 0


def test_a_name_avoids_what_stands_in_its_first_place():
    wall = Box(300, 150, 399, 199)
    [box] = boxes([(400, 200)], place_labels([(400, 200)], [SIZE], [wall], CANVAS))
    assert box.overlap(wall) == 0


@given(PLACES)
def test_a_name_stays_inside(anchor):
    [box] = boxes([anchor], place_labels([anchor], [SIZE], [], CANVAS))
    assert box.overlap(CANVAS) >= box.area - 1e-6
