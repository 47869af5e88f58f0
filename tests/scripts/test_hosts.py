"""`scripts/cluster/hosts`, with fake ssh and ray: what it runs where, and what it refuses."""

from pathlib import Path

import pytest

from tests.scripts.conftest import CLUSTER, Commands

_SCRIPT = CLUSTER / "hosts"
_TOKEN = "f00d" * 16
_SSH = f"""
host=$4 command=$5
cat >>"$0.$host.input"
case $host in *down*) exit 255 ;; esac
case $command in *get-auth-token*) echo {_TOKEN} ;; esac
"""


@pytest.fixture
def hosts(commands: Commands) -> Path:
    commands.fake("ssh", _SSH)
    file = commands.folder / "hosts.txt"
    file.write_text("# the lab\nroot@one\n\n  two  # a slow one\nthree")  # no newline at the end
    return file


def _remote(commands: Commands) -> list[tuple[str, str]]:
    calls = commands.calls("ssh")
    assert all(call[1:4] == ["-o", "BatchMode=yes", "--"] for call in calls)
    return [(call[4], call[5]) for call in calls]


def test_start_goes_from_the_head_to_the_workers(commands: Commands, hosts: Path) -> None:
    done = commands.run(_SCRIPT, "--hosts", str(hosts), "--port", "6400", "start")
    assert done.returncode == 0
    (token_host, token), (head, start), *workers = _remote(commands)
    assert token_host == head == "root@one"
    assert "umask 077 && ray get-auth-token" in token
    assert "RAY_AUTH_MODE=token" in start
    assert start.endswith("ray start --head --port=6400 --include-dashboard=false")
    assert [host for host, _ in workers] == ["two", "three"]
    assert all("RAY_AUTH_MODE=token" in command and command.endswith("--address=one:6400") for _, command in workers)


def test_the_token_is_no_argument_and_no_output(commands: Commands, hosts: Path) -> None:
    done = commands.run(_SCRIPT, "--hosts", str(hosts), "start")
    assert _TOKEN not in done.stdout + done.stderr + repr(commands.calls())
    assert (commands.folder / "ssh.two.input").read_text() == _TOKEN + "\n"
    assert (commands.folder / "ssh.three.input").read_text() == _TOKEN + "\n"


def test_an_open_port_is_told(commands: Commands, hosts: Path) -> None:
    assert "open to their network" in commands.run(_SCRIPT, "--hosts", str(hosts), "start").stderr
    commands.fake("ray")
    assert "open" not in commands.run(_SCRIPT, "start").stderr


def test_a_host_that_is_down_keeps_no_other_from_its_turn(commands: Commands, hosts: Path) -> None:
    hosts.write_text("one\ndown\nthree\n")
    done = commands.run(_SCRIPT, "--hosts", str(hosts), "start")
    assert done.returncode == 1
    assert done.stderr.endswith("hosts: failed on: down\n")
    assert _remote(commands)[-1][0] == "three"


def test_without_its_head_nothing_starts(commands: Commands, hosts: Path) -> None:
    hosts.write_text("down\ntwo\n")
    done = commands.run(_SCRIPT, "--hosts", str(hosts), "start")
    assert done.returncode == 1
    assert done.stderr.endswith("hosts: no token from the head: down\n")
    assert {host for host, _ in _remote(commands)} == {"down"}


def test_stop_ends_the_head_last(commands: Commands, hosts: Path) -> None:
    assert commands.run(_SCRIPT, "--hosts", str(hosts), "stop").returncode == 0
    assert _remote(commands) == [("two", "ray stop"), ("three", "ray stop"), ("root@one", "ray stop")]


def test_status_asks_the_head(commands: Commands, hosts: Path) -> None:
    assert commands.run(_SCRIPT, "--hosts", str(hosts), "status").returncode == 0
    assert _remote(commands) == [("root@one", "RAY_AUTH_MODE=token ray status --address=one:6379")]


def test_without_hosts_ray_listens_on_loopback(commands: Commands) -> None:
    commands.fake("ray", 'echo "$RAY_AUTH_MODE $RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER" >>"$0.seen"')
    assert commands.run(_SCRIPT, "start").returncode == 0
    token, start = commands.calls("ray")
    assert token[1:] == ["get-auth-token", "--generate"]
    assert start[1:] == ["start", "--head", "--port=6379", "--include-dashboard=false"]
    assert (commands.folder / "ray.seen").read_text().splitlines()[-1] == "token 0"


def test_dry_run_runs_nothing(commands: Commands, hosts: Path) -> None:
    commands.fake("ray")
    done = commands.run(_SCRIPT, "--dry-run", "--hosts", str(hosts), "start")
    assert len(done.stdout.splitlines()) == 4
    assert "ray" in commands.run(_SCRIPT, "--dry-run", "start").stdout
    assert commands.calls() == []


def test_a_path_is_quoted(commands: Commands) -> None:
    name = "my ray;touch oops"
    commands.fake(name)
    commands.run(_SCRIPT, "--ray", str(commands.folder / name), "stop")
    assert commands.calls() == [[name, "stop"]]
    assert not (commands.folder / "oops").exists()


@pytest.mark.parametrize("name", ["-oProxyCommand=touch oops", "a;touch oops", "$(touch oops)", "root@-one", "a b@c"])
def test_no_host_is_an_option_or_a_command(commands: Commands, hosts: Path, name: str) -> None:
    hosts.write_text(f"one\n{name}\n")
    done = commands.run(_SCRIPT, "--hosts", str(hosts), "start")
    assert done.returncode == 2
    assert "must hold host names. Got" in done.stderr
    assert commands.calls() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["restart"], "must be start, status or stop. Got 'restart' instead."),
        (["--hosts", "nowhere.txt", "start"], "--hosts must be a file with a host a line. Got 'nowhere.txt' instead."),
        (["--port", "x;y", "start"], "--port must be a port's number. Got 'x;y' instead."),
        (["start", "--hosts"], "--hosts needs a value."),
        ([], "Usage: "),
    ],
)
def test_refused(commands: Commands, arguments: list[str], message: str) -> None:
    done = commands.run(_SCRIPT, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_an_empty_file_is_refused(commands: Commands, hosts: Path) -> None:
    hosts.write_text("# nobody\n")
    done = commands.run(_SCRIPT, "--hosts", str(hosts), "start")
    assert (done.returncode, commands.calls()) == (2, [])
