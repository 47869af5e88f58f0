"""Seeds of what is drawn for images."""

import hashlib


def draw_seed(*parts: int | str) -> int:
    """A seed in which neighbouring seeds and epochs have nothing in common; torch takes up to 64 bits."""
    return int.from_bytes(hashlib.sha256(" ".join(map(str, parts)).encode()).digest()[:7])


def step_seed(seed: int, epoch: int, step: int, part: int) -> int:
    """Of one part of a step; the first has that of the step."""
    return draw_seed(seed, epoch, step, part) if part else draw_seed(seed, epoch, step)


def image_seed(seed: int, epoch: int, image: int) -> int:
    """Of what is drawn for a training image in an epoch, wherever and whenever it is read."""
    return draw_seed(seed, epoch, "image", image)
