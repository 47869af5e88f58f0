"""What a dashboard answers, to whom, and with which headers."""

import gzip
import json
import subprocess
import sys

import pytest
from starlette.testclient import TestClient

from modsearch.dashboard import Access, Reader, create_app
from modsearch.dashboard.guard import HEADERS
from modsearch.dashboard.reply import Content, static_files
from tests.dashboard.stand_in import Shelf

URL = "http://127.0.0.1:8000"
OPEN = Access("127.0.0.1", 8000)
SECRET = Access("modsearch.example", 8000, "t0ken")
PAGE = b"<!doctype html><title>A page</title>" + b" " * 1000
SCRIPT = b"export const page = 1;"
ROUTES = {
    "/": 200,
    "/static/view/page.js": 200,
    "/studies.json": 200,
    "/study/0.json": 200,
    "/study/1/compare.json?id=a&id=b": 200,
    "/study/1/compare.json?id=a": 400,
    "/study/1/swaps.json?id=a": 200,
    "/study/2/swaps.json?id=a": 404,
    "/study/2.json": 404,
    "/nothing": 404,
}


@pytest.fixture(autouse=True)
def _own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "index.html": Content.of(PAGE, "text/html; charset=utf-8"),
        "view/page.js": Content.of(SCRIPT, "text/javascript; charset=utf-8"),
    }
    monkeypatch.setattr("modsearch.dashboard.application.static_files", lambda: files)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf({"first": {"networks": list(range(1000))}, "second": {}})


@pytest.fixture
def client(shelf: Shelf) -> TestClient:
    return client_of(OPEN, shelf)


def client_of(access: Access, shelf: Shelf) -> TestClient:
    app = create_app(["first", "second"], access, shelf.reader)
    return TestClient(app, base_url=f"http://{access.host}:{access.port}", follow_redirects=False)


def test_the_page_and_its_files(client: TestClient) -> None:
    page, script = client.get("/"), client.get("/static/view/page.js")
    assert (page.content, page.headers["content-type"]) == (PAGE, "text/html; charset=utf-8")
    assert (script.content, script.headers["content-type"]) == (SCRIPT, "text/javascript; charset=utf-8")


def test_the_real_files_have_types_and_no_code_of_ours_is_among_them() -> None:
    found = static_files()
    assert all(content.plain for content in found.values())
    assert not [path for path in found if path.endswith((".py", ".pyc"))]
    types = {path.rpartition(".")[2]: content.media_type for path, content in found.items()}
    assert types["js"] == "text/javascript; charset=utf-8"


def test_the_studies_and_their_documents(client: TestClient, shelf: Shelf) -> None:
    assert client.get("/studies.json").json() == {
        "studies": [{"name": "study first", "index": 0}, {"name": "study second", "index": 1}]
    }
    found = client.get("/study/0.json")
    assert found.json() == shelf.values["first"]
    assert found.headers["content-type"] == "application/json"


def test_a_comparison(client: TestClient) -> None:
    assert client.get("/study/1/compare.json?id=a&id=b").json() == ["second", "a", "b"]
    for query, said in (
        ("id=a", "The number of ids must be 2 to 6. Got 1 instead."),
        ("&".join(["id=a"] * 7), "The number of ids must be 2 to 6. Got 7 instead."),
        ("id=a&id=none", "id must be one of the study. Got 'none' instead."),
    ):
        refused = client.get(f"/study/1/compare.json?{query}")
        assert (refused.status_code, refused.json()) == (400, {"error": said})


def test_the_swaps_of_a_network(client: TestClient) -> None:
    assert client.get("/study/0/swaps.json?id=a").json() == ["first", "a"]
    refused, away = (client.get(f"/study/0/swaps.json?id={name}") for name in ("none", "away"))
    assert (refused.status_code, refused.json()["error"]) == (400, "id must be one of the study. Got 'none' instead.")
    assert (away.status_code, away.json()) == (503, {"error": "The database is away."})


@pytest.mark.parametrize("path", ["/", "/static/view/page.js", "/study/0.json"])
def test_what_a_client_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    for known in (first.headers["etag"], f'"x", {first.headers["etag"].removeprefix("W/")}', "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers={"If-None-Match": '"another"'}).content == first.content


def test_the_tag_of_a_document_is_its_revision(client: TestClient, shelf: Shelf) -> None:
    assert client.get("/study/0.json").headers["etag"] == f'W/"{shelf.read("first").revision}"'


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("identity", False), ("gzip;q=0", False), ("br, gzip; q=0.0", False)],
)
def test_documents_are_compressed_for_those_who_take_it(
    client: TestClient, shelf: Shelf, accepted: str, is_compressed: bool
) -> None:
    with client.stream("GET", "/study/0.json", headers={"Accept-Encoding": accepted}) as found:
        sent = b"".join(found.iter_raw())
    assert found.headers.get("content-encoding") == ("gzip" if is_compressed else None)
    assert found.headers["vary"] == "Accept-Encoding"
    assert json.loads(gzip.decompress(sent) if is_compressed else sent) == shelf.values["first"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_keeps_browsers_strict(client: TestClient, path: str, method: str) -> None:
    found = client.request(method, path)
    assert found.status_code == ROUTES[path]
    assert {name: found.headers[name] for name in HEADERS} == HEADERS
    assert "set-cookie" not in found.headers
    assert found.status_code == 200 or found.headers["content-type"] == "application/json"


def test_the_policy_is_this_one() -> None:
    assert HEADERS["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_even_our_own_mistakes_are_answered_strictly() -> None:
    app = create_app(["first"], OPEN, Reader(lambda target: 1 / 0))  # type: ignore[arg-type, return-value]
    found = TestClient(app, base_url=URL, raise_server_exceptions=False).get("/study/0.json")
    assert (found.status_code, found.json()) == (500, {"error": "The dashboard has failed; its terminal says how."})
    assert found.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent(client: TestClient, method: str) -> None:
    for path in ("/", "/study/0.json", "/nothing"):
        found = client.request(method, path)
        assert (found.status_code, found.headers["allow"]) == (405, "GET, HEAD")
        assert found.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../application.py",
        "/static/..%2fapplication.py",
        "/static/%2e%2e/application.py",
        "/static/view/..%2f..%2fserver.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/view/",
        "/static/view",
        "/static/",
        "/static",
        "/static/index.html%00.js",
        "/study/-1.json",
        "/study/00.json",
        f"/study/{'9' * 5000}.json",
        "/study/0.json/",
        "/study/..%2f0.json",
    ],
)
def test_nothing_else_can_be_reached(client: TestClient, path: str) -> None:
    found = client.get(path)
    assert (found.status_code, found.json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1", "127.0.0.1:8001", "localhost.evil.example:8000", "[", ""],
)
def test_another_name_is_not_ours(client: TestClient, shelf: Shelf, host: str) -> None:
    found = client.get("/study/0.json", headers={"Host": host})
    assert found.status_code == 421
    assert found.json()["error"].startswith("Host must be one of 127.0.0.1:8000, [::1]:8000, localhost:8000. Got ")
    assert found.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    assert shelf.num_read == 0


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LocalHost:8000"])
def test_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/study/0.json", headers={"Host": host}).status_code == 200


def test_names_and_addresses_of_an_access() -> None:
    assert "box.example:80" in Access("Box.example", 80).hosts
    assert "box.example" in Access("Box.example", 80).hosts
    assert "box.example" not in Access("box.example", 8000).hosts
    assert Access("fe80::1", 9000).url == "http://[fe80::1]:9000/"
    assert SECRET.url == "http://modsearch.example:8000/?token=t0ken"


def test_others_need_the_token(shelf: Shelf) -> None:
    client = client_of(SECRET, shelf)
    for path in (*ROUTES, "/events", "/?token=", "/?token=T0ken", "/?token=%ff", "/?token=t0ken%00"):
        found = client.get(path, headers={"Cookie": "modsearch_8000=t0ke; modsearch_1=t0ken"})
        assert (found.status_code, found.headers.get("set-cookie")) == (403, None)
        assert found.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    assert shelf.num_read == 0


def test_the_page_with_the_token_hands_out_a_cookie(shelf: Shelf) -> None:
    client = client_of(SECRET, shelf)
    assert "set-cookie" not in client.get("/study/0.json?token=t0ken").headers
    first = client.get("/?token=t0ken")
    assert first.content == PAGE
    assert first.headers["set-cookie"] == "modsearch_8000=t0ken; Path=/; HttpOnly; SameSite=Strict"
    assert {path: client.get(path).status_code for path in ROUTES} == ROUTES


def test_the_token_does_not_open_another_name(shelf: Shelf) -> None:
    refused = client_of(SECRET, shelf).get("/?token=t0ken", headers={"Host": "evil.example:8000"})
    assert (refused.status_code, refused.headers.get("set-cookie")) == (421, None)


@pytest.mark.slow
def test_the_server_needs_no_torch() -> None:
    code = "import sys, modsearch.dashboard.server; sys.exit(any(name in sys.modules for name in ('torch', 'ray')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
