"""Guard: who may ask a dashboard, by which of its names, and what a browser may do with the answers."""

from dataclasses import dataclass
from hmac import compare_digest

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modsearch.dashboard.reply import refusal
from modsearch.message import must_be, one_of

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_METHODS = ("GET", "HEAD")
_ANSWERS_WITHOUT_PORT = 80  # browsers leave it out of an address


@dataclass(frozen=True)
class Access:
    """How a dashboard is reached.

    Attributes:
        host: name or address that it was told to listen at.
        port: where it listens.
        token: what a client must know; empty where none needs to, since only this machine can reach it.
    """

    host: str
    port: int
    token: str = ""

    @property
    def url(self) -> str:
        """What is typed into a browser."""
        return f"http://{_in_url(self.host)}:{self.port}/" + (f"?token={self.token}" if self.token else "")

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser that means this dashboard sends as ``Host``."""
        names = {"localhost", "127.0.0.1", "[::1]", _in_url(self.host).lower()}
        bare = names if self.port == _ANSWERS_WITHOUT_PORT else ()
        return frozenset((*(f"{name}:{self.port}" for name in names), *bare))

    @property
    def cookie(self) -> str:
        """What the cookie is called that holds the token: cookies are shared by all ports of a machine."""
        return f"modsearch_{self.port}"

    def is_known_to(self, asked: HTTPConnection) -> bool:
        """Whether a client shows the token, or needs none."""
        shown = (asked.query_params.get("token", ""), asked.cookies.get(self.cookie, ""))
        return not self.token or any(_is_same(value, self.token) for value in shown)

    def is_introduced(self, asked: HTTPConnection) -> bool:
        """Whether a client shows the token in the address of the page, and should keep it as a cookie."""
        is_page = asked.scope["path"] == "/"
        return bool(self.token) and is_page and _is_same(asked.query_params.get("token", ""), self.token)


class Guard:
    """Stands before an application: refuses what is not meant for it, and has every answer carry ``HEADERS``.

    A page from elsewhere can point its own name at this machine (DNS rebinding); its requests then name that one.

    Args:
        app: to guard.
        access: how it is reached.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        asked = HTTPConnection(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if self._access.is_introduced(asked) and message["status"] < 400:
                    headers.append("Set-Cookie", self._cookie())
            await send(message)

        answer: ASGIApp = self._refusal(asked) or self._app
        await answer(scope, receive, guarded)

    def _refusal(self, asked: HTTPConnection) -> Response | None:
        hosts = asked.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._access.hosts:
            return refusal(421, must_be("Host", one_of(sorted(self._access.hosts)), ", ".join(hosts)))
        if asked.scope["method"] not in _METHODS:
            refused = refusal(405, must_be("The method", one_of(_METHODS), asked.scope["method"]))
            refused.headers["Allow"] = ", ".join(_METHODS)
            return refused
        if not self._access.is_known_to(asked):
            return refusal(403, "The address that modsearch dashboard printed must be opened first: it has a token.")
        return None

    def _cookie(self) -> str:
        return f"{self._access.cookie}={self._access.token}; Path=/; HttpOnly; SameSite=Strict"


def _in_url(host: str) -> str:
    """A host as an address names it: one of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def _is_same(shown: str, token: str) -> bool:
    """Whether two texts are the same, in a time that does not tell how far they are."""
    return compare_digest(shown.encode(), token.encode())
