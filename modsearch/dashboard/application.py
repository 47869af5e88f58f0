"""Application: what a dashboard answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from modsearch.dashboard.document import Document, advice, comparison, study_document
from modsearch.dashboard.guard import Access, Guard
from modsearch.dashboard.news import news
from modsearch.dashboard.reply import refusal, static_files
from modsearch.dashboard.watch import WatchedStudy
from modsearch.message import must_be
from modsearch.search import SearchFailed

_INDEX = "index.html"
_MOST_COMPARED = 6
_EVENTS = "text/event-stream"


@dataclass(frozen=True)
class Reader:
    """What is asked about a study; of one that cannot be read ``document`` says why, the others raise.

    Attributes:
        document: gives all that a page shows of it.
        compare: gives the differences between networks.
        advise: gives what single swaps of a network do.
    """

    document: Callable[[str], Document] = study_document
    compare: Callable[[str, Sequence[str]], bytes] = comparison
    advise: Callable[[str, str], bytes] = advice


def create_app(targets: Sequence[str], access: Access, reader: Reader | None = None) -> ASGIApp:
    """The application of a dashboard; it only reads.

    Args:
        targets: runs' folders, or ``URL#name`` for studies in databases.
        access: how it is reached.
        reader: reads the studies.
    """
    pages = _Pages(targets, reader or Reader())
    routes = [
        Route("/", pages.index),
        Route("/static/{path:path}", pages.static),
        Route("/studies.json", pages.studies),
        Route("/study/{study}.json", pages.study),
        Route("/study/{study}/compare.json", pages.compare),
        Route("/study/{study}/swaps.json", pages.swaps),
        Route("/events", pages.events),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refuse, Exception: _fail})
    app.router.redirect_slashes = False  # an address that is not there is 404
    return Guard(app, access)


class _Pages:
    """The answers to requests that were let through."""

    def __init__(self, targets: Sequence[str], reader: Reader) -> None:
        self._reader = reader
        self._studies = [WatchedStudy(target, reader.document) for target in targets]
        self._by_name = {str(index): study for index, study in enumerate(self._studies)}
        self._files = static_files()

    async def index(self, request: Request) -> Response:
        return self._file(_INDEX, request)

    async def static(self, request: Request) -> Response:
        return self._file(request.path_params["path"], request)

    async def studies(self, _: Request) -> Response:
        readings = await asyncio.gather(*(study.latest() for study in self._studies))
        listed = [{"name": reading.name, "index": index} for index, reading in enumerate(readings)]
        return JSONResponse({"studies": listed}, headers={"Cache-Control": "no-cache"})

    async def study(self, request: Request) -> Response:
        reading = await self._asked(request).latest()
        return reading.content.reply(request)

    async def compare(self, request: Request) -> Response:
        ids = request.query_params.getlist("id")
        if not 2 <= len(ids) <= _MOST_COMPARED:
            return refusal(400, must_be("The number of ids", f"2 to {_MOST_COMPARED}", len(ids)))
        return await self._answer(request, lambda target: self._reader.compare(target, ids))

    async def swaps(self, request: Request) -> Response:
        name = request.query_params.get("id", "")
        return await self._answer(request, lambda target: self._reader.advise(target, name))

    async def events(self, request: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=_EVENTS)
        return StreamingResponse(news(self._studies), headers=headers, media_type=_EVENTS)

    def _file(self, path: str, request: Request) -> Response:
        if path not in self._files:
            raise HTTPException(404)
        return self._files[path].reply(request)

    async def _answer(self, request: Request, question: Callable[[str], bytes]) -> Response:
        try:
            found = await self._asked(request).ask(question)
        except ValueError as error:
            return refusal(400, str(error))
        except (SearchFailed, OSError) as error:  # its storage is away
            return refusal(503, str(error))
        return found.reply(request)

    def _asked(self, request: Request) -> WatchedStudy:
        study = self._by_name.get(request.path_params["study"])
        if study is None:
            raise HTTPException(404)
        return study


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return refusal(error.status_code, error.detail)


async def _fail(_: Request, __: Exception) -> Response:
    return refusal(500, "The dashboard has failed; its terminal says how.")
