"""A machine behind a real ssh server, on loopback, as another user with another environment where there is one."""

import threading
import time
from collections.abc import Callable

import pytest

import modsearch
from modsearch.record import Missed
from modsearch.search.error import SearchFailed
from modsearch.search.retime.host import Host, awaited_from, time_on
from modsearch.space import Deployment
from tests.conformance.remeasured import ELSEWHERE, job, remeasurement
from tests.search.retime.conftest import Elsewhere
from tests.search.store.test_remeasurement_log import FIRST, SECOND

pytestmark = pytest.mark.slow

JOB = job((FIRST, SECOND))
MakeHost = Callable[[Deployment], Host]


def asked(host: Host, notes: list[str] | None = None) -> list[object]:
    return list(time_on(host, JOB, (notes if notes is not None else []).append))


def test_networks_are_timed_there(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    host = make_host(elsewhere.deployment())
    assert awaited_from(host, host.environment(JOB), print) == ELSEWHERE
    assert asked(host) == [remeasurement(FIRST, base=None), remeasurement(SECOND, base=None)]
    assert elsewhere.timed == [FIRST.id, SECOND.id]


def test_a_shell_that_greets_is_no_answer(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.command = elsewhere.server.script(
        "greeting", f'echo Welcome; echo "{{1}}"; exec {elsewhere.command} "$@"'
    )
    assert len(asked(make_host(elsewhere.deployment()))) == 2


def test_another_version_is_named(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.order("version")
    told = f"^{elsewhere.host} has modsearch 9.9, and this is {modsearch.__version__}: install the same version there"
    with pytest.raises(SearchFailed, match=told):
        asked(make_host(elsewhere.deployment()))


def test_an_older_modsearch_that_knows_no_stream(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    older = elsewhere.server.script("older", "echo 'modsearch: No such option: --stream' >&2; exit 2")
    with pytest.raises(SearchFailed, match=r"install the same version there \(No such option: --stream\)"):
        asked(make_host(elsewhere.deployment(remote_command=older)))


@pytest.mark.parametrize("command", ["modsearch-that-is-not-there", "/etc/passwd"])
def test_a_machine_without_modsearch(command: str, elsewhere: Elsewhere, make_host: MakeHost) -> None:
    told = rf"^{elsewhere.host} has no '{command}': .*\. remote_command says how modsearch is called there\.$"
    with pytest.raises(SearchFailed, match=told):
        asked(make_host(elsewhere.deployment(remote_command=command)))


def test_a_wrong_key_is_not_asked_a_password_for(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    keys = elsewhere.server.folder / "authorized_keys"
    before = keys.read_text()
    keys.write_text((elsewhere.server.folder / "other_key.pub").read_text())
    try:
        with pytest.raises(SearchFailed, match="it takes none of our keys, and passwords are not asked for"):
            asked(make_host(elsewhere.deployment()))
    finally:
        keys.write_text(before)


@pytest.mark.parametrize("known", ["", "another"])
def test_a_host_key_that_is_not_known_is_refused(known: str, elsewhere: Elsewhere, make_host: MakeHost) -> None:
    server = elsewhere.server
    server.trust((server.folder / "other_key.pub").read_text())
    if not known:
        (server.folder / "known_hosts").write_text("")
    with pytest.raises(SearchFailed, match=f"its host key is not known here.*ssh {elsewhere.host}"):
        asked(make_host(elsewhere.deployment()))
    assert elsewhere.timed == []


def test_a_machine_that_was_never_reached_is_not_waited_for(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.server.stop()
    with pytest.raises(SearchFailed, match=f"^{elsewhere.host} cannot be reached: .*Connection refused"):
        asked(make_host(elsewhere.deployment()))


def test_a_connection_that_is_cut_is_made_again(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    host, notes = make_host(elsewhere.deployment()), list[str]()
    assert len(asked(host)) == 2
    elsewhere.server.stop()
    threading.Timer(1.0, elsewhere.server.start).start()
    assert len(asked(host, notes)) == 2
    assert len(notes) == 2
    assert "cannot be reached" in notes[0]
    assert notes[0].endswith("It is waited for, 10 minutes at most.")
    assert notes[1] == f"{elsewhere.host} is there again."


def test_a_machine_that_stays_away_is_named(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    host = make_host(elsewhere.deployment())
    host.patience_s = 1.0
    asked(host)
    elsewhere.server.stop()
    with pytest.raises(SearchFailed, match=f"^{elsewhere.host} cannot be reached"):
        asked(host)


def test_a_modsearch_that_dies_is_started_again(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.order("die")
    assert len(asked(make_host(elsewhere.deployment()))) == 2
    assert elsewhere.timed == [FIRST.id, FIRST.id, SECOND.id]


def test_a_network_that_it_dies_of_is_given_up(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    deadly = elsewhere.server.script("deadly", f'touch {elsewhere.folder}/die; exec {elsewhere.command} "$@"')
    [first, second] = asked(make_host(elsewhere.deployment(remote_command=deadly)))
    assert isinstance(first, Missed)
    assert isinstance(second, Missed)
    assert first.reason.startswith("the connection broke 3 times meanwhile")
    assert elsewhere.timed == [FIRST.id] * 3 + [SECOND.id] * 3


def test_a_network_that_cannot_be_timed_there(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    host = make_host(elsewhere.deployment())
    asked(host)
    elsewhere.order("miss")
    [first, _] = asked(host)
    assert isinstance(first, Missed)
    assert first.reason == "RuntimeError: no room for it"


def test_a_fault_of_one_network_is_its_own(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.order("invalid", FIRST.id)
    [first, second] = asked(make_host(elsewhere.deployment()))
    assert isinstance(first, Missed)
    assert first.reason == "ValueError: it has a layer that cannot be exported"
    assert second == remeasurement(SECOND, base=None)


def test_a_name_that_is_lost_for_a_while_is_waited_for(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    host, notes = make_host(elsewhere.deployment()), list[str]()
    asked(host)
    config = elsewhere.server.folder / "ssh_config"
    before = config.read_text()
    config.write_text(before.replace("HostName 127.0.0.1", "HostName nowhere.invalid"))
    elsewhere.server.cut()
    threading.Timer(1.0, lambda: config.write_text(before)).start()
    assert len(asked(host, notes)) == 2
    assert "there is no machine of that name" in notes[0]


def test_modsearch_there_ends_with_the_connection(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.order("slow", "120")
    host = make_host(elsewhere.deployment())
    host.time(job((FIRST,)))
    while not elsewhere.timed:
        time.sleep(0.05)
    host.close()
    (elsewhere.folder / "slow").unlink()
    assert len(asked(make_host(elsewhere.deployment()))) == 2  # the lock is free


def test_what_a_machine_lacks_is_bad_input(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.order("refuse")
    with pytest.raises(ValueError, match=rf"^{elsewhere.host}: deployment\.runtime must be one that is installed"):
        asked(make_host(elsewhere.deployment()))


def test_closing_does_not_wait_for_a_slow_machine(elsewhere: Elsewhere, make_host: MakeHost) -> None:
    elsewhere.order("slow", "60")
    host = make_host(elsewhere.deployment())
    future = host.time(job((FIRST,)))
    while not elsewhere.timed:
        time.sleep(0.05)
    host.close()
    assert isinstance(future.exception(), SearchFailed)
