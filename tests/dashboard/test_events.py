"""A dashboard's real server: what it says unasked, that it does nothing unasked, and how it ends."""

import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from modsearch.dashboard import Access, create_app, listen
from modsearch.dashboard.guard import HEADERS
from modsearch.dashboard.server import create_server
from tests.dashboard.stand_in import Shelf

PATIENCE_S = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "study.journal").write_text("{}\n")
    return tmp_path


@pytest.fixture
def shelf(folder: Path) -> Shelf:
    return Shelf({str(folder): 1})


@contextmanager
def served(folder: Path, shelf: Shelf) -> Iterator[tuple[int, Callable[[], None]]]:
    """A server of two studies; its port, and what ends it."""
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app = create_app([str(folder), "second"], Access("127.0.0.1", port), shelf.reader)
    server = create_server(app)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()

    def end() -> None:
        server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive()

    try:
        yield port, end
    finally:
        end()


@contextmanager
def events(port: int) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with closing(connection):
        connection.request("GET", "/events")
        with closing(connection.getresponse()) as response:
            yield response


def next_event(response: HTTPResponse) -> dict[str, object]:
    """The next one; comments and what is said about reconnecting are none."""
    while True:
        line = response.readline()
        assert line, "the stream has ended"
        if line.startswith(b"data: "):
            found: dict[str, object] = json.loads(line.removeprefix(b"data: "))
            return found


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_each_listener_hears_of_each_study_and_of_what_is_new(folder: Path, shelf: Shelf) -> None:
    with served(folder, shelf) as (port, _), events(port) as one, events(port) as other:
        assert one.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert one.readline() == b"retry: 1000\n"
        for listener in (one, other):
            first = [next_event(listener), next_event(listener)]
            assert {event["study"] for event in first} == {0, 1}
        shelf.values[str(folder)] = 2
        (folder / "study.journal").write_text("{}\n{}\n")
        revision = shelf.read(str(folder)).revision
        for listener in (one, other):
            assert next_event(listener) == {"study": 0, "revision": revision}


def test_nothing_is_read_while_nobody_looks(folder: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.dashboard.watch._FOLDER_S", 0.02)
    looks: list[str] = []

    def noted(target: str) -> tuple[object, ...]:
        looks.append(target)
        return (len(looks),)  # another one each time

    monkeypatch.setattr("modsearch.dashboard.watch.stamp", noted)
    with served(folder, shelf) as (port, _):
        time.sleep(0.2)
        assert looks == []
        with events(port) as listener:
            next_event(listener)
            wait_until(lambda: len(looks) > 10)
        wait_until(lambda: _is_quiet(looks))
        assert shelf.num_read <= len(looks)


def _is_quiet(looks: list[str]) -> bool:
    """Whether ten times as long as between two looks none was taken."""
    before = len(looks)
    time.sleep(0.2)
    return len(looks) == before


def test_head_of_the_events_has_an_end(folder: Path, shelf: Shelf) -> None:
    with served(folder, shelf) as (port, _), closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as asked:
        asked.request("HEAD", "/events")
        response = asked.getresponse()
        assert (response.status, response.read()) == (200, b"")
    assert shelf.num_read == 0


def test_it_ends_while_somebody_listens(folder: Path, shelf: Shelf) -> None:
    with served(folder, shelf) as (port, end), events(port) as listener:
        next_event(listener)
        end()
        while listener.readline():
            pass  # the stream ends too, and as it should: else this raises


def test_it_ends_while_a_study_is_read(folder: Path, shelf: Shelf) -> None:
    shelf.may_end.clear()
    with served(folder, shelf) as (port, end), closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as asked:
        asked.request("GET", "/study/0.json")
        wait_until(lambda: shelf.num_at_once == 1)
        end()
        response = asked.getresponse()
        assert (response.status, json.loads(response.read())) == (503, {"error": "The dashboard ends."})
        assert {name: response.headers[name] for name in HEADERS} == HEADERS
        assert shelf.num_at_once == 1  # nobody waited for it
        shelf.may_end.set()
        wait_until(lambda: shelf.num_at_once == 0)


@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_terminal_that_closes_ends_it_unless_that_is_ignored(shelf: Shelf, is_ignored: bool) -> None:
    server = create_server(create_app([], Access("127.0.0.1", 8000), shelf.reader))
    told: list[int] = []
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if is_ignored else lambda number, _: told.append(number))
    try:
        with server.capture_signals():
            signal.raise_signal(signal.SIGHUP)
            assert (server.should_exit, told) == (not is_ignored, [])
        assert told == ([] if is_ignored else [signal.SIGHUP])  # raised again, for the verb to end by
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("request_line", "host", "status"),
    [
        ("GET /static/../../../pyproject.toml HTTP/1.1", "Host: localhost:{port}\r\n", 404),
        ("GET /studies.json HTTP/1.1", "Host: localhost\r\n", 421),
        ("GET http://evil.example/studies.json HTTP/1.1", "Host: evil.example\r\n", 421),
        ("GET /studies.json HTTP/1.0", "", 421),
        ("GET /studies.json HTTP/1.1", "Host: localhost:{port}\r\nHost: evil.example\r\n", 400),
    ],
)
def test_requests_that_no_browser_sends(folder: Path, shelf: Shelf, request_line: str, host: str, status: int) -> None:
    with served(folder, shelf) as (port, _), socket.create_connection(("127.0.0.1", port), PATIENCE_S) as asked:
        asked.sendall(f"{request_line}\r\n{host.format(port=port)}Connection: close\r\n\r\n".encode())
        assert asked.makefile("rb").readline().split()[1] == str(status).encode()
