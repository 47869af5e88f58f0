"""Reply: content that is sent whole, compressed where the client takes that, and not again where it has it already."""

import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

JSON = "application/json"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": JSON,
}
"""Ours, not the machine's: some say that JavaScript is plain text, and a browser that may not guess runs none then."""
_FAST = 4  # gzip's level: beyond it a document takes twice the time for a twentieth of its size


@dataclass(frozen=True)
class Content:
    """What a client may ask for again and again.

    Attributes:
        plain: the bytes.
        compressed: the same by gzip; empty where that would not be shorter.
        tag: another one where the bytes are others.
        media_type: of what.
    """

    plain: bytes
    compressed: bytes
    tag: str
    media_type: str

    @classmethod
    def of(cls, plain: bytes, media_type: str = JSON, tag: str = "") -> "Content":
        """These bytes; without a tag it is their SHA-256."""
        compressed = gzip.compress(plain, _FAST, mtime=0)
        is_shorter = len(compressed) < len(plain)
        return cls(plain, compressed if is_shorter else b"", tag or hashlib.sha256(plain).hexdigest(), media_type)

    def reply(self, request: Request) -> Response:
        """The bytes, or 304 where the client has them."""
        # a weak tag: it stands for the content, whichever way its bytes are sent
        headers = {"ETag": f'W/"{self.tag}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if _knows(request, self.tag):
            return Response(status_code=304, headers=headers)
        if not (self.compressed and _takes_gzip(request)):
            return Response(self.plain, headers=headers, media_type=self.media_type)
        return Response(self.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=self.media_type)


def refusal(status: int, text: str) -> Response:
    """A refusal that says why."""
    return JSONResponse({"error": text}, status)


def static_files() -> dict[str, Content]:
    """Path below ``static`` -> the file: what is not in here cannot be asked for."""
    root = files("modsearch.dashboard") / "static"
    found = dict(_files(root)) if root.is_dir() else {}
    return {path: Content.of(file.read_bytes(), media_type) for path, (file, media_type) in found.items()}


def _files(folder: Traversable, above: str = "") -> Iterator[tuple[str, tuple[Traversable, str]]]:
    """The files below a folder that a page may consist of, with their types."""
    for entry in folder.iterdir():
        path = above + entry.name
        if entry.is_dir():
            yield from _files(entry, f"{path}/")
        elif media_type := _TYPES.get(path[path.rfind(".") :]):
            yield path, (entry, media_type)


def _knows(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in re.findall('"([^"]*)"', known)


def _takes_gzip(request: Request) -> bool:
    """Whether the client names gzip, and not with a weight of nothing."""
    named = re.search(r"(?:^|[,\s])gzip\s*(?:;\s*q=([\d.]+))?", request.headers.get("accept-encoding", "").lower())
    return named is not None and (named[1] or "1").strip("0.") != ""
