"""A database that is away for a while, and what is said about it."""

import logging
import sqlite3
from collections.abc import Callable

import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import OperationalError, PendingRollbackError

from modsearch.search import StorageFailed
from modsearch.search.store import retry
from modsearch.search.store.database import database_failures, retried

URL = "postgresql://me:se%2Fcret@host/db?password=hidden"


class RefusalError(Exception):
    """As a driver of PostgreSQL says it."""


def failing(num_times: int, cause: Exception) -> Callable[[], int]:
    """Fails so many times, and returns how often it was called then."""
    num_calls = 0

    def act() -> int:
        nonlocal num_calls
        num_calls += 1
        if num_calls <= num_times:
            raise StorageInternalError("of Optuna's") from cause
        return num_calls

    return act


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSES_S", (0.001,))


@pytest.mark.parametrize(
    "cause",
    [
        OperationalError("", {}, RefusalError("Connection refused")),
        OperationalError("", {}, sqlite3.OperationalError("database is locked")),
        PendingRollbackError("Can't reconnect until invalid transaction is rolled back."),
    ],
)
def test_it_is_asked_again_and_two_lines_say_so(cause: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert retried(failing(4, cause)) == 5
    said = [record.getMessage() for record in caplog.records]
    assert [line.partition(":")[0] for line in said] == ["The database is away", "The database is back."]


@pytest.mark.parametrize(
    "cause",
    [
        OperationalError("", {}, sqlite3.OperationalError("disk I/O error")),
        OperationalError("", {}, RefusalError("could not extend file: No space left on device")),
        RuntimeError("a mistake of ours"),
    ],
)
def test_what_will_not_pass_is_not_waited_for(cause: Exception) -> None:
    act = failing(1, cause)
    with pytest.raises(StorageInternalError):
        retried(act)
    assert act() == 2


def test_it_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RETRY_S", 0.05)
    with pytest.raises(StorageInternalError):
        retried(failing(10**9, OperationalError("", {}, RefusalError("Connection refused"))))


def test_a_failure_holds_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "whispered")
    text = f"cannot use {URL}: se/cret, se%2Fcret, hidden and whispered are refused\nfor me"
    with pytest.raises(StorageFailed) as error, database_failures(URL):
        failing(1, OperationalError("", {}, RefusalError(text)))()
    for secret in ("se/cret", "se%2Fcret", "hidden", "whispered"):
        assert secret not in str(error.value)
    assert str(error.value).startswith("'postgresql://***@host/db' cannot be written: cannot use postgresql://***@host")
