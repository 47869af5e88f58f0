"""Server: listens, serves a dashboard, and ends at once when it is told to."""

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from secrets import token_urlsafe

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modsearch.dashboard.application import create_app
from modsearch.dashboard.guard import HEADERS, Access
from modsearch.dashboard.reply import refusal
from modsearch.message import must_be

MOST_STUDIES = 8
_PATIENCE_S = 1  # for what is being sent when the server ends


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens: who connects from now on is answered when the server runs.

    Args:
        host: name or address of this machine.
        port: to listen at; 0 takes a free one.

    Raises:
        ValueError: that cannot be listened at.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):  # the second of a name that cannot be one
        raise ValueError(must_be("--host", "a name or an address of this machine", host)) from None
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last server's connections may linger
        found.bind(address)
        found.listen()
    except OSError as error:
        found.close()
        raise ValueError(_why_not(error, host, port)) from None
    return found


def access_to(listener: socket.socket, host: str) -> Access:
    """How a listening socket is reached; a token is needed where another machine can reach it."""
    address, port = listener.getsockname()[:2]
    return Access(host, port, "" if ip_address(address).is_loopback else token_urlsafe())


def serve(targets: Sequence[str], listener: socket.socket, access: Access) -> None:
    """Serve a dashboard until SIGINT, SIGTERM or SIGHUP, which is raised again at the end.

    Args:
        targets: runs' folders, or ``URL#name`` for studies in databases.
        listener: as ``listen`` gives it; it is closed.
        access: as ``access_to`` says.
    """
    create_server(create_app(targets, access)).run([listener])


def create_server(app: ASGIApp) -> uvicorn.Server:
    """A server of an application, in this process, which says nothing but what goes wrong."""
    requests = _Requests(app)
    config = uvicorn.Config(
        requests,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE_S,
    )
    return _Server(config, requests)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, requests: "_Requests") -> None:
        super().__init__(config)
        self._requests = requests

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Also that of a terminal that closes: an interrupt raised inside of a request would end only that."""
        before = signal.getsignal(signal.SIGHUP)
        is_taken = before != signal.SIG_IGN and threading.current_thread() is threading.main_thread()
        with super().capture_signals():
            if is_taken:
                signal.signal(signal.SIGHUP, self.handle_exit)
            try:
                yield
            finally:
                if is_taken:
                    signal.signal(signal.SIGHUP, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._requests.end()
        await super().shutdown(sockets)


class _Requests:
    """An application whose requests can be ended: news have no end of their own, and a database may be waited for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: set[asyncio.Task[None]] = set()
        self._is_ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task, has_begun = asyncio.current_task(), False
        assert task is not None

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        self._running.add(task)
        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:
            if not self._is_ending:
                raise
            if has_begun:
                await send({"type": "http.response.body"})
            else:
                refused = refusal(503, "The dashboard ends.")
                refused.headers.update(HEADERS)  # outside of the guard
                await refused(scope, receive, send)
        finally:
            self._running.discard(task)

    def end(self) -> None:
        """End those that are under way."""
        self._is_ending = True
        for task in self._running:
            task.cancel()


def _why_not(error: OSError, host: str, port: int) -> str:
    """Why nobody can listen there."""
    if error.errno == errno.EADDRINUSE:
        return must_be("--port", "one that no other program uses", port) + f" Free is --port {_free_port(host)}."
    if error.errno == errno.EACCES:
        return must_be("--port", "one that you may use, such as 8000", port)
    return must_be("--host", "a name or an address of this machine", host)


def _free_port(host: str) -> int:
    with listen(host, 0) as found:
        port: int = found.getsockname()[1]
        return port
