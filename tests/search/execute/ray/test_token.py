"""A real cluster that asks for a token, and what a search says without it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from modsearch.search.execute.ray import cluster
from modsearch.search.execute.ray.cluster import connected
from modsearch.space import Ray
from tests.search.execute.ray.faulty import noted

pytestmark = [pytest.mark.ray, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[4]
RAY = str(Path(sys.executable).with_name("ray"))
TOKEN, OTHER = "5eed" * 16, "f00d" * 16
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Of a user who has no token but those that are given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return inherited | LOOPBACK | {"HOME": str(home)} | variables


@contextmanager
def head(home: Path) -> Iterator[str]:
    """The address of a cluster of one slot that asks for TOKEN; only its own processes are ended."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--head", f"--port={port}", "--num-cpus=1", "--include-dashboard=false", "--block"]
    with tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as folder:  # short: sockets lie there
        process = subprocess.Popen(
            [RAY, "start", *options, f"--temp-dir={folder}"],
            env=environment(home, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=TOKEN),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await_listener(port)
            yield f"127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def await_listener(port: int) -> None:
    for _ in range(300):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)
    raise AssertionError("Ray does not start")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with head(tmp_path_factory.mktemp("home")) as address:
        yield address


def search(folder: Path, address: str, **variables: str) -> tuple[int, str, float]:
    """Exit code, what it said on stderr, and how long it took."""
    begin = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "tests.search.execute.ray.driver",
        str(folder),
        "--address",
        address,
        "--trials",
        "2",
    ]
    home = folder / "home"
    home.mkdir()
    done = subprocess.run(
        command, cwd=ROOT, env=environment(home, **variables), capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stderr, time.monotonic() - begin


@pytest.mark.parametrize(
    "variables",
    [{}, {"RAY_AUTH_MODE": "token"}, {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": OTHER}, {"RAY_AUTH_TOKEN": TOKEN}],
    ids=["nothing", "no token", "another token", "token without its mode"],
)
def test_without_the_token_it_is_one_line(address: str, variables: dict[str, str], tmp_path: Path) -> None:
    code, errors, seconds = search(tmp_path, address, **variables)
    assert code == 2
    assert errors == (
        f"modsearch: The Ray cluster at '{address}' asks for its token and was given none or another one. "
        "Set RAY_AUTH_MODE=token and put what `ray get-auth-token` prints on its head into ~/.ray/auth_token "
        "or the file RAY_AUTH_TOKEN_PATH.\n"
    )
    assert seconds < 30
    assert noted(tmp_path) == []


def test_a_cluster_that_is_found_and_refuses_us_is_one_line(address: str, tmp_path: Path) -> None:
    code, errors, seconds = search(tmp_path, "auto", RAY_ADDRESS=address)
    assert code == 2
    assert errors.startswith("modsearch: The Ray cluster at 'auto' asks for its token")
    assert errors.count("\n") == 1
    assert seconds < 30


def test_with_the_token_it_searches(address: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    code, errors, _ = search(tmp_path, address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(file))
    assert (code, errors) == (0, "")
    assert len(noted(tmp_path)) == 2
    written = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_a_cluster_of_our_own_asks_for_a_token_and_we_have_it(tmp_path: Path) -> None:
    code, errors, _ = search(tmp_path, "own")
    assert (code, errors) == (0, "")
    assert len(noted(tmp_path)) == 2
    assert len((tmp_path / "home" / ".ray" / "auth_token").read_text()) == 64


def test_who_listens_and_is_not_ray_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_S", 3.0)
    message = "whoever listens there does not answer as Ray"
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = Ray(address=f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ValueError, match=message), connected(settings):
            pass
