"""Database: an Optuna storage behind a URL, opened without telling its password, and asked again while it is away."""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote
from weakref import finalize

from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from modsearch.search.error import StorageFailed
from modsearch.search.store.retry import retry

if TYPE_CHECKING:
    from sqlalchemy import Engine, MetaData

logging.getLogger("optuna.storages._rdb.storage").setLevel(logging.ERROR)  # else it prints whole statements

_MAX_RACES = 10
_MAX_SAID = 300  # characters
_RACE = re.compile("already exists|duplicate key|UNIQUE constraint|NoneType|assert", re.IGNORECASE)
_FULL = ("disk is full", "no space left", "could not extend file")
_OPTIONS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "connect_timeout": 10,
        "keepalives_idle": 30,  # a host that vanished is noticed within a minute, not within hours
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,  # ms
    },
    "sqlite": {"timeout": 30},  # seconds that one process waits while another one writes
}
_CALLS = (
    *("create_new_study", "get_all_studies", "get_study_id_from_name", "get_study_name_from_id"),
    *("get_study_directions", "get_study_user_attrs", "get_study_system_attrs"),
    *("set_study_user_attr", "set_study_system_attr"),
    *("_create_new_trial", "_set_trial_param", "set_trial_user_attr", "set_trial_system_attr"),
    *("get_trial", "_get_trials", "get_trial_id_from_study_id_trial_number"),
)
"""What Optuna asks of its storage, each in one transaction, which may be done twice: where the answer to the first was
lost. Then the record is the same, but for a new trial: it runs until its driver's trials are ended."""

Found = TypeVar("Found")


class PatientStorage(RDBStorage):
    """Optuna's storage in a database, asked again for two minutes while the database is away.

    A trial that was told stays told: where only the answer was lost, the second attempt sees that.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, {"connect_args": _connect_args(url), "pool_pre_ping": not url.startswith("sqlite")})
        finalize(self, self.engine.dispose)  # close what the pool holds, rather than leave it to the collector

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """End a trial, or begin it; an attempt whose answer was lost counts."""
        num_attempts = 0

        def attempt() -> bool:
            nonlocal num_attempts
            num_attempts += 1
            try:
                return RDBStorage.set_trial_state_values(self, trial_id, state, values)
            except UpdateFinishedTrialError:
                if num_attempts > 1 and self.get_trial(trial_id).state == state:
                    return True
                raise

        return retried(attempt)


def _patient(name: str) -> Callable[..., Any]:
    method = getattr(RDBStorage, name)

    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        return retried(partial(method, *arguments, **named))

    return call


for _name in _CALLS:
    setattr(PatientStorage, _name, _patient(_name))


def retried(act: Callable[[], Found]) -> Found:
    """Do something with a database, and again while it is away; one line says so, and one that it is back.

    Raises:
        StorageInternalError: it stayed away for two minutes, or refuses for another reason.
    """
    return retry(act, _why_away, "The database")


def create_tables(engine: "Engine", tables: "MetaData") -> None:
    """Create those that are not there, whoever else is doing so.

    Raises:
        StorageInternalError: the database refuses.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        _in_a_race(lambda: tables.create_all(engine))
    except SQLAlchemyError as error:
        raise StorageInternalError("The tables of the drivers cannot be made.") from error


@contextmanager
def database_failures(url: str | None) -> Iterator[None]:
    """Raise StorageFailed where the body cannot use the database: its disk is full, or it is gone."""
    try:
        yield
    except StorageInternalError as error:
        reason = _one_line(error.__cause__ or error, url or "")
        raise StorageFailed(without_password(url or ""), StorageInternalError(reason)) from None


def open_database(url: str) -> RDBStorage:
    """The storage behind a URL.

    Raises:
        ValueError: it cannot be opened; the message holds no password.
    """
    try:
        return _in_a_race(lambda: PatientStorage(_with_driver(url)))
    except Exception as error:
        reason = _one_line(error, url)
        if isinstance(error, ImportError) and url.startswith("postgresql"):
            reason = "PostgreSQL needs a package more: pip install 'modsearch[postgres]'"
        raise ValueError(f"The storage {without_password(url)!r} cannot be opened: {reason}") from None


def split_target(target: str) -> tuple[str, str]:
    """The URL and the study's name in ``URL#name``.

    Raises:
        ValueError: there is no name, or the URL is that of an SQLite file that does not exist.
    """
    url, _, name = target.rpartition("#")
    if not re.fullmatch(r"[\w.-]+", name) or "://" not in url:
        raise ValueError(f"A study in a database must be written URL#name. Got {without_password(target)!r} instead.")
    scheme, _, place = url.partition("://")
    path = Path(place.removeprefix("/").partition("?")[0])
    if scheme.startswith("sqlite") and not path.is_file():  # it would be created
        raise ValueError(f"There is no file {str(path)!r}.")
    return url, name


def without_password(url: str) -> str:
    """The URL without what may be secret: the user's part and the query."""
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{'***' if user else ''}{at}{place.partition('?')[0]}"


def _with_driver(url: str) -> str:
    """With psycopg said, where nothing else is: SQLAlchemy before 2.1 means psycopg2 by ``postgresql``."""
    return re.sub("^postgresql://", "postgresql+psycopg://", url)


def _connect_args(url: str) -> dict[str, Any]:
    """What the connection is opened with, but for what the URL says itself."""
    options = _OPTIONS.get(url.partition(":")[0].partition("+")[0], {})
    said = url.partition("?")[2]
    return {name: value for name, value in options.items() if f"{name}=" not in said}


def _in_a_race(act: Callable[[], Found]) -> Found:
    """Do what creates tables, and again where another process was faster in the middle of it."""
    for num_races in range(1, _MAX_RACES + 1):
        try:
            return act()
        except Exception as error:
            if num_races == _MAX_RACES or not _RACE.search(f"{type(error).__name__} {error}"):
                raise
            time.sleep(0.1 * num_races)
    raise AssertionError("unreachable")


def _why_away(error: Exception) -> str:
    """What Optuna met, where it will pass: no connection, a server that stops or starts, a lock of another one."""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError

    cause = error.__cause__ if isinstance(error, StorageInternalError) else None
    if isinstance(cause, PendingRollbackError):  # what it says after a connection was lost in a transaction
        return _one_line(cause)
    if not isinstance(cause, DBAPIError) or any(words in str(cause.orig).lower() for words in _FULL):
        return ""
    if type(cause.orig).__module__ == "sqlite3":
        return _one_line(cause) if "locked" in str(cause.orig) else ""
    is_away = cause.connection_invalidated or isinstance(cause, OperationalError | InterfaceError)
    return _one_line(cause) if is_away else ""


def _one_line(error: object, url: str = "") -> str:
    """What an error says, in one line, without what is secret in the URL or the environment."""
    text = " ".join(str(getattr(error, "orig", None) or error).split())[:_MAX_SAID] or type(error).__name__
    text = text.replace(url, without_password(url)) if url else text
    user = url.partition("://")[2].rpartition("@")[0]
    password = user.partition(":")[2]
    queried = re.findall("password=([^&]*)", url.partition("?")[2])
    for secret in (user, password, unquote(password), *queried, *map(unquote, queried), os.environ.get("PGPASSWORD")):
        text = text.replace(secret, "***") if secret else text
    return text
