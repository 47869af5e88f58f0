"""``modsearch dashboard``: that it serves and ends, what it saves, and its errors."""

import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest

from modsearch.cli import run
from modsearch.dashboard import access_to, listen
from modsearch.search import LocalExecutor, RunPlace, open_run
from tests.cli.test_command import fails
from tests.conformance.tabulated import TabulatedEvaluator, study_spec

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tmp_path: Path) -> str:
    """A finished study of three networks."""
    folder, evaluator = tmp_path / "run", TabulatedEvaluator()
    with open_run(study_spec(budget={"trials": 3}), evaluator, RunPlace(folder)) as opened:
        LocalExecutor(opened, evaluator, folder).run()
    return str(folder)


def contents(folder: str) -> dict[str, tuple[bytes, int]]:
    """Name of each file of a folder -> what it holds, and when it was written."""
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.slow
def test_it_serves_until_ctrl_c_and_leaves_no_trace(study: str) -> None:
    before = contents(study)
    command = [sys.executable, "-m", "modsearch", "dashboard", study, "--port", "0"]
    default = partial(signal.signal, signal.SIGINT, signal.default_int_handler)  # where the tests ignore Ctrl-C
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=default
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        url, port = line.rstrip("/\n").rsplit(":", 1)
        assert url == "Dashboard: http://127.0.0.1"
        with closing(HTTPConnection("127.0.0.1", int(port), timeout=50)) as listening:
            listening.request("GET", "/studies.json")
            found = json.loads(listening.getresponse().read())
            assert found == {"studies": [{"name": "table", "index": 0}]}
            listening.request("GET", "/events")
            response = listening.getresponse()
            assert response.readline() == b"retry: 1000\n"
            server.send_signal(signal.SIGINT)
            out, errors = server.communicate(timeout=50)
            response.close()
    assert (server.returncode, out, errors) == (0, "", "")
    assert contents(study) == before


def test_a_port_that_is_taken_names_another(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        text = fails(capsys, "dashboard", "runs/none", "--port", str(port))
    assert f"--port must be one that no other program uses. Got {port} instead. Free is --port " in text


@pytest.mark.parametrize("host", ["none.invalid", "192.0.2.1", "[::1]", "", "a" * 300, "..", "h\u00f6st name"])
def test_a_host_must_be_this_machine(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = fails(capsys, "dashboard", "runs/none", "--host", host, "--port", "0")
    assert "--host must be a name or an address of this machine. Got " in text


def test_bad_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Missing argument" in fails(capsys, "dashboard")
    assert "--port" in fails(capsys, "dashboard", "runs/none", "--port", "65536")
    text = fails(capsys, "dashboard", *(f"runs/{index}" for index in range(9)))
    assert "The number of studies must be 8 or less. Got 9 instead." in text


def test_only_where_others_reach_it_a_token_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("127.0.0.1", "127.0.0.2", "localhost"):
        with listen(host, 0) as listener:
            assert access_to(listener, host).token == ""
    monkeypatch.setattr("modsearch.dashboard.serve", lambda *_: None)
    assert run(["dashboard", "runs/none", "--host", "0.0.0.0", "--port", "0"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "Anybody who has this address can read the study.\n"
    token = captured.out.rstrip().partition("?token=")[2]
    assert len(token) >= 32


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    with socket.socket(socket.AF_INET6) as listener:
        try:
            listener.bind(("::1", 0))
        except OSError:  # a machine without IPv6 has no such address
            return
        access = access_to(listener, "::1")
    assert (access.url, access.token) == (f"http://[::1]:{access.port}/", "")


def test_a_page_is_saved_whole(study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modsearch.dashboard.saved.saved_page", lambda targets: f"<p>\u00fc {targets}")
    assert run(["dashboard", study, study, "--save", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_text("utf-8") == f"<p>\u00fc {[study, study]}"
    assert {path.name for path in tmp_path.iterdir()} == {"page.html", "run"}


def test_what_cannot_be_saved(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("page.htm", "page", "page.HTML", "page.svg"):
        text = fails(capsys, "dashboard", "runs/none", "--save", str(tmp_path / name))
        assert f"The page's name must be one that ends in .html. Got '{name}' instead." in text
    assert "There is no folder" in fails(capsys, "dashboard", study, "--save", str(tmp_path / "none" / "page.html"))
    assert "There is no folder" in fails(capsys, "dashboard", study, f"{study}2", "--save", str(tmp_path / "page.html"))
    (tmp_path / "folder.html").mkdir()
    assert "cannot be used" in fails(capsys, "dashboard", study, "--save", str(tmp_path / "folder.html"))
    assert {path.name for path in tmp_path.iterdir()} == {"folder.html", "run"}
