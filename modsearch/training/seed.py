"""Seeds that pair the networks of a study: the same images in the same order, weights of their own."""

import hashlib


def derive_seed(*parts: object) -> int:
    """A seed of 63 bits that depends on all parts."""
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
