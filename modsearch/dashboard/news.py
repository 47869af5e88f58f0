"""News: which document of a study is the latest, said as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from modsearch.dashboard.watch import WatchedStudy

_RECONNECT = "retry: 1000\n\n"  # ms until a browser that lost its connection tries again
_KEEP_ALIVE = ":\n\n"
KEEP_ALIVE_S = 15.0


async def news(studies: Sequence[WatchedStudy], keep_alive_s: float = KEEP_ALIVE_S) -> AsyncIterator[str]:
    """Each study's revision, and each new one; studies are looked at for as long as somebody takes what this yields.

    Args:
        studies: told apart by their index.
        keep_alive_s: seconds of silence after which a comment is sent, for what lies between and closes idle
            connections.
    """
    lines: asyncio.Queue[str] = asyncio.Queue()
    following = [asyncio.create_task(_follow(index, study, lines)) for index, study in enumerate(studies)]
    try:
        yield _RECONNECT
        while not (ended := [task for task in following if task.done()]):
            try:
                yield await asyncio.wait_for(lines.get(), keep_alive_s)
            except TimeoutError:
                yield _KEEP_ALIVE
        ended[0].result()  # which has no end but an error
    finally:
        for task in following:
            task.cancel()


async def _follow(index: int, study: WatchedStudy, lines: "asyncio.Queue[str]") -> None:
    """Say each new revision of a study."""
    known = None
    while True:
        revision = (await study.latest()).content.tag
        if revision != known:
            known = revision
            lines.put_nowait(f"data: {json.dumps({'study': index, 'revision': revision})}\n\n")
        await asyncio.sleep(study.rest_s)
