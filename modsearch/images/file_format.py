"""Which files are images: those of the formats that Pillow reads here, by the endings of their names."""

from functools import cache

from PIL import Image

_NO_PICTURES = frozenset({"BUFR", "GRIB", "HDF5", "IPTC", "MPEG"})  # Pillow knows the files but cannot decode them
_UNSAFE = frozenset({"EPS"})  # a program, which Pillow has Ghostscript run
_ELSEWHERE = frozenset({"IM", "WMF"})  # leaves Pillow with its version 15; on Windows alone
_WITHIN = {"MPO": "JPEG"}  # formats that another one's reader opens


@cache
def formats() -> tuple[str, ...]:
    """Pillow's names of them. By the content alone it would open anything, programs too."""
    Image.init()
    return tuple(sorted(Image.OPEN.keys() - _NO_PICTURES - _UNSAFE - _ELSEWHERE))


@cache
def suffixes() -> tuple[str, ...]:
    """Endings of their files in small letters, such as ``.jpg``."""
    readable = formats()
    known = Image.registered_extensions().items()
    return tuple(sorted(suffix for suffix, name in known if _WITHIN.get(name, name) in readable))
