"""Another machine: this one, through a real ssh server, where a table stands for the clock."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modsearch.search.retime.host import Host
from modsearch.space import Deployment
from tests.integration.ssh_server import HOST, SshServer, box, ssh_server

__all__ = ["box", "ssh_server"]


class Elsewhere:
    """The machine, and what is to go wrong on it.

    Attributes:
        server: the ssh server.
        command: how the table is asked there.
    """

    def __init__(self, server: SshServer) -> None:
        self.server, self.folder = server, server.folder / "home"
        for path in self.folder.iterdir():
            path.unlink()
        self.command = server.script("probe", f'exec PYTHON -m tests.search.retime.tabulated_probe {self.folder} "$@"')
        self.host = f"{server.user}@{HOST}"

    def order(self, fault: str, text: str = "") -> Path:
        """Have something go wrong, until the file is removed."""
        path = self.folder / fault
        path.write_text(text)
        path.chmod(0o666)
        return path

    @property
    def timed(self) -> list[str]:
        """The networks that were timed there, by id."""
        path = self.folder / "timed"
        return path.read_text().split() if path.exists() else []

    def deployment(self, **changes: object) -> Deployment:
        fields = {"image_size": 32, "num_classes": 10, "batch_size": 16}
        return Deployment.model_validate(fields | {"host": self.host, "remote_command": self.command} | changes)


@pytest.fixture
def elsewhere(box: SshServer) -> Elsewhere:
    return Elsewhere(box)


@pytest.fixture
def make_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Deployment], Host]]:
    """Makes hosts that are waited for briefly, and closes them."""
    monkeypatch.setattr("modsearch.search.retime.host._PAUSES_S", (0.2,))
    made: list[Host] = []

    def make(deployment: Deployment) -> Host:
        made.append(Host(deployment))
        return made[-1]

    yield make
    for host in made:
        host.close()
