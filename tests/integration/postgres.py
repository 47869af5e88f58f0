"""A PostgreSQL server of the tests' own, in a temporary folder: Debian's package, run by somebody who is not root."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

USER = "modsearch"
PASSWORD = "kept%2Fsecret"  # in a URL it must be quoted, and means itself in the environment
_INSTALLED = "/usr/lib/postgresql/*/bin"
_names = count()


@pytest.fixture(scope="module")
def server() -> "Iterator[Server]":
    with running() as server:
        yield server


@pytest.fixture
def url(server: "Server", monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an empty database."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return server.create_database(f"study_{next(_names)}")


def program(name: str) -> str:
    """Debian keeps the server's programs out of the PATH."""
    found = [*sorted(Path("/").glob(f"{_INSTALLED[1:]}/{name}")), *filter(None, [shutil.which(name)])]
    assert found, f"PostgreSQL's {name} is neither in the PATH nor in {_INSTALLED}: apt-get install postgresql"
    return str(found[-1])


class Server:
    """Use ``running()``; ``stop`` and ``start`` in between as a test wants."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def url(self, database: str, password: str | None = None) -> str:
        user = USER if password is None else f"{USER}:{password}"
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self._run(program("pg_ctl"), "start", "-w", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"))

    def stop(self) -> None:
        self._run(program("pg_ctl"), "stop", "-w", "-m", "fast", "-D", str(self.folder / "data"))

    def create_database(self, name: str) -> str:
        """An empty one; returns its URL."""
        self._run(program("createdb"), "-h", str(self.folder), "-p", str(self.port), "-U", USER, name)
        return self.url(name)

    def initialise(self) -> None:
        password_file = self.folder / "password"
        password_file.write_text(PASSWORD)
        options = ["-U", USER, "-A", "scram-sha-256", "--pwfile", str(password_file), "--no-sync", "-E", "UTF8"]
        self._run(program("initdb"), "-D", str(self.folder / "data"), *options)
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": str(self.port),
            "unix_socket_directories": f"'{self.folder}'",
            "fsync": "off",
        }
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def _run(self, *command: str) -> None:
        environment = {**os.environ, "PGPASSWORD": PASSWORD, "LC_ALL": "C"}
        done = subprocess.run(
            [*_as_somebody_else(), *command],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=50,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}"


@contextmanager
def running() -> Iterator[Server]:
    """A server with one user, whose password is ``PASSWORD``; it is stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a short path: that of a socket holds 107 characters
    if os.geteuid() == 0:
        shutil.chown(folder, _nobody())
    server = Server(folder, _free_port())
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder)


def _nobody() -> str:
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_somebody_else() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    somebody = pwd.getpwnam(_nobody())
    return ["setpriv", f"--reuid={somebody.pw_uid}", f"--regid={somebody.pw_gid}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
