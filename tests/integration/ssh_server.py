"""An ssh server of the tests' own, on loopback, where somebody else has another environment.

Run as root, it lets in another user where one can read this checkout and run a Python of ours; else the same user.
"""

import os
import pwd
import shlex
import shutil
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

HOST, ALIAS = "box", "intel-box"
_CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ssh_server() -> "Iterator[SshServer]":
    with running() as server:
        yield server


@pytest.fixture
def box(ssh_server: "SshServer", monkeypatch: pytest.MonkeyPatch) -> "SshServer":
    """The server, and an ``ssh`` that knows the way there and nothing else of this machine's settings."""
    monkeypatch.setenv("PATH", str(ssh_server.folder), prepend=":")
    ssh_server.trust()
    ssh_server.start()
    return ssh_server


class SshServer:
    """Use ``running()``.

    Attributes:
        folder: readable by everybody; ``ssh`` there is the real one with settings of its own.
        user: who is let in.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.user, self._python = _account()
        self._process: subprocess.Popen[bytes] | None = None

    def script(self, name: str, command: str, **environment: str) -> str:
        """A command there, as ``remote_command`` names it; ``PYTHON`` in it is a Python that has our packages.

        It is found by its name alone as well.
        """
        path = self.folder / "bin" / name
        packages = next(entry for entry in sys.path if entry.endswith("site-packages"))
        known = {"PYTHONPATH": f"{_CHECKOUT}:{packages}", "HOME": str(self.folder / "home"), **environment}
        lines = [f"export {key}={shlex.quote(value)}" for key, value in known.items()]
        text = command.replace("PYTHON", shlex.quote(self._python))
        path.write_text("\n".join(["#!/bin/sh", f"cd {shlex.quote(str(self.folder / 'home'))}", *lines, text, ""]))
        path.chmod(0o755)
        return str(path)

    def start(self) -> None:
        if self._process is not None:
            return
        self._process = subprocess.Popen([_sshd(), "-D", "-e", "-f", str(self.folder / "sshd_config")], stderr=-3)
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        raise TimeoutError("the ssh server does not start")

    def stop(self) -> None:
        """No new connections, and the open ones are cut."""
        if self._process is None:
            return
        process, self._process = self._process, None
        connections = _children(process.pid)
        process.terminate()
        process.wait()
        for pid in connections:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def cut(self) -> None:
        """The open connections are cut."""
        assert self._process is not None
        for pid in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def trust(self, key: str = "") -> None:
        """Let the clients know this host key, or the server's."""
        key = key or (self.folder / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}")

    def prepare(self) -> None:
        """Keys, settings, and the ``ssh`` that tests call."""
        home = self.folder / "home"
        home.mkdir()
        (self.folder / "bin").mkdir()
        shutil.chown(home, self.user)
        for name in ("host_key", "key", "other_key"):
            keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
            subprocess.run(keygen, check=True)
        shutil.copy(self.folder / "key.pub", self.folder / "authorized_keys")
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host_key\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nAllowUsers {self.user}\n"
            f"SetEnv PATH={self.folder}/bin:/usr/local/bin:/usr/bin:/bin\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\n"
            f"UsePAM {'yes' if os.geteuid() == 0 else 'no'}\n"
        )
        (self.folder / "ssh_config").write_text(
            f"Host {ALIAS}\n  User {self.user}\nHost {HOST} {ALIAS}\n  HostName 127.0.0.1\n  Port {self.port}\n"
            f"  IdentityFile {self.folder}/key\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
        )
        ssh = shutil.which("ssh")
        assert ssh, "ssh is missing: apt-get install openssh-client"
        (self.folder / "ssh").write_text(f'#!/bin/sh\nexec {ssh} -F {self.folder}/ssh_config "$@"\n')
        (self.folder / "ssh").chmod(0o755)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where sshd parts with its privileges


@contextmanager
def running() -> Iterator[SshServer]:
    """A server with one user; it is stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="modsearch-ssh"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = SshServer(folder, port)
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _sshd() -> str:
    found = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    assert found, "sshd is missing: apt-get install openssh-server"
    return found


def _account() -> tuple[str, str]:
    """A user and a Python that he can run; ourselves where there is no other."""
    if os.geteuid() == 0:
        packages = next(entry for entry in sys.path if entry.endswith("site-packages"))
        names = {account.pw_name for account in pwd.getpwall() if account.pw_shell.endswith("sh")} & {"postgres"}
        pythons = [sys.executable, shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin") or ""]
        for name in names:
            user = pwd.getpwnam(name)
            for python in filter(None, pythons):
                with suppress(subprocess.SubprocessError, OSError):
                    subprocess.run(
                        [python, "-c", "import pydantic_core, modsearch.message"],
                        check=True,
                        capture_output=True,
                        cwd="/",
                        env={"PYTHONPATH": f"{_CHECKOUT}:{packages}"},
                        user=user.pw_uid,
                        group=user.pw_gid,
                        extra_groups=[],
                    )
                    return name, python
    return pwd.getpwuid(os.geteuid()).pw_name, sys.executable


def _children(pid: int) -> list[int]:
    """The processes below one, those of open connections."""
    found = [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]
    return [*found, *(grandchild for child in found for grandchild in _children(child))]
