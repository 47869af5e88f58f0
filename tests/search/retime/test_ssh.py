"""How ssh is called; what comes of it over a real server stands in test_host."""

from pathlib import Path

import pytest

from modsearch.search.error import SearchFailed
from modsearch.search.retime.ssh import Session
from modsearch.space import Deployment


def test_nothing_is_asked_and_host_keys_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ssh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\nexit 1\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(SearchFailed, match=r"^me@there gives no answer: it gave no reason"):
        Session("me@there", "venv/bin/modsearch").connect()
    *options, separator, host, command = (tmp_path / "arguments").read_text().splitlines()
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "PasswordAuthentication=no"} < set(options)
    assert (separator, host, command) == ("--", "me@there", "venv/bin/modsearch probe --stream")


def test_no_ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SearchFailed, match="ssh cannot be started: No such file"):
        Session("there", "modsearch").connect()


@pytest.mark.parametrize(
    "host",
    ["-oProxyCommand=touch x", " -v", "", "a\nb", "a b", "me@-v", "me@", "a;b", "$(a)", "a`b`", "a%h", "x" * 300],
)
def test_options_and_commands_in_a_host_are_refused(host: str) -> None:
    with pytest.raises(ValueError, match="must be machine or user@machine, without spaces and options"):
        Deployment(image_size=32, num_classes=10, host=host)


@pytest.mark.parametrize("host", ["box", "me@box", "me@box.example.org", "10.0.0.1", "me@fe80::1", "a_b@c-d"])
def test_hosts(host: str) -> None:
    assert Deployment(image_size=32, num_classes=10, host=host).host == host


@pytest.mark.parametrize("command", ["-oProxyCommand=touch x", " -v", "", "a\nb", "x" * 2000])
def test_a_remote_command_is_one_line(command: str) -> None:
    with pytest.raises(ValueError, match="must be one line that does not begin with '-'"):
        Deployment(image_size=32, num_classes=10, host="box", remote_command=command)


def test_a_remote_command_needs_a_host() -> None:
    with pytest.raises(ValueError, match="remote_command must be left out where there is no host"):
        Deployment(image_size=32, num_classes=10, remote_command="there/modsearch")
