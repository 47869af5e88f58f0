"""ClaimTable: the drivers of one study in a database, their signs of life, and who does which task.

Two small tables beside Optuna's. They hold what is true while drivers run, nothing of a study's record.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple, TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.sql import ColumnElement

from modsearch.search.store.database import create_tables, retried
from modsearch.search.store.lock import driver_id

PERIOD_S = 5.0
"""Between two signs of life."""
MAX_SILENT_LOOKS = 12
"""So many looks in a row, a period apart, that find no new sign: a driver is dead.

Looks are counted, not seconds: no clock is compared with another one, and while the database is away, or while we are
stopped ourselves, nobody looks and nobody is taken for dead.
"""

Found = TypeVar("Found")

_TURN = "turn"  # the row that a driver changes to take its turn; the others wait until it commits
_TABLES = MetaData()
_DRIVERS = Table(
    "modsearch_driver",
    _TABLES,
    Column("study", Integer, primary_key=True, autoincrement=False),
    Column("driver", String(64), primary_key=True),
    Column("num_beats", Integer, nullable=False),
)
_CLAIMS = Table(
    "modsearch_claim",
    _TABLES,
    Column("study", Integer, primary_key=True, autoincrement=False),
    Column("network", String(64), primary_key=True),  # the key of a task; by the first release's name
    Column("driver", String(64), nullable=False),
    Column("trial", Integer, nullable=False),
)


class Claim(NamedTuple):
    """A task, or a place in the budget for one, that a driver has spoken for.

    Attributes:
        task: its key; the driver's own name while the task is not known yet.
        driver: who has it.
        trial: number of its trial; -1 while there is none.
    """

    task: str
    driver: str
    trial: int


class ClaimTable:
    """The claims of one driver among others: the key of a table lets no two of them have the same task.

    Args:
        engine: of the study's database.
        study: Optuna's id of it.
        folder: the run's folder, which is locked: so nobody else is who we are.

    Attributes:
        driver: who we are.
        folder: where our weights are.
        salt: what sets our sampler's seed apart from those of the others; 0 for a driver that began alone.
        others: key of a task -> number of its trial, for what the others held when we looked last.
    """

    def __init__(self, engine: Engine, study: int, folder: Path) -> None:
        self.driver, self.folder = driver_id(folder), str(folder.resolve())
        self._engine, self._study = engine, study
        self.others: dict[str, int] = {}
        self._silent: dict[str, tuple[int, int]] = {}
        create_tables(engine, _TABLES)
        self.is_first = not self._do(self._join)
        self.salt = 0 if self.is_first else int(self.driver[:8], 16)

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Give signs of life while the body runs, and look for those of the others."""
        over = Event()

        def beat() -> None:
            while not over.wait(PERIOD_S):
                with suppress(StorageInternalError):  # it is away: whoever needs it says so
                    self.beat()

        thread = Thread(target=beat, name="signs of life", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=PERIOD_S)
            with suppress(StorageInternalError), self._transaction() as connection:
                connection.execute(delete(_DRIVERS).where(self._is_row_of(self.driver)))

    def beat(self) -> None:
        """Give a sign of life, and strike off who has given none for long."""
        with self._transaction() as connection:
            self._show_life(connection)
            beats = {driver: num for driver, num in self._drivers(connection).items() if driver != self.driver}
        known = self._silent
        self._silent = {
            driver: (num, known[driver][1] + 1 if driver in known and known[driver][0] == num else 0)
            for driver, num in beats.items()
        }
        for driver, (num, num_looks) in self._silent.items():
            if num_looks >= MAX_SILENT_LOOKS:
                with self._transaction() as connection:
                    is_silent = self._is_row_of(driver) & (_DRIVERS.c.num_beats == num)
                    connection.execute(delete(_DRIVERS).where(is_silent))

    def owns(self, owner: str) -> bool:
        """Ours are also those of nobody that were there when we began alone: an older modsearch left them."""
        return owner == self.driver or (not owner and self.is_first)

    def claimed(self) -> Sequence[Claim]:
        """Every claim of the study."""
        claims = self._do(self._claimed)
        self._remember(claims)
        return claims

    def living(self) -> Set[str]:
        """The drivers that were not struck off, and we."""
        return self._do(self._drivers).keys() | {self.driver}

    def reserve(self, limit: int | None, judged: Callable[[], Set[str]]) -> bool:
        """Take a place in the budget, one driver after the other: so the budget is kept to the network.

        As ``Study.reserve``.
        """

        def reserve(connection: Connection) -> bool:
            connection.execute(update(_DRIVERS).where(self._is_row_of(_TURN)).values(num_beats=0))
            self._show_life(connection)  # else what we begin now would be given away where we were struck off
            claims = self._claimed(connection)
            self._remember(claims)
            networks = {claim.task.partition("-")[0] for claim in claims if claim.task != self.driver}
            # who ends a network records that first and lets go of it then: it is among the one or the other, or both
            if limit is not None and len(networks | judged()) >= limit:
                return False
            if not any(claim.task == self.driver for claim in claims):
                connection.execute(insert(_CLAIMS).values(self._claim(self.driver, -1)))
            return True

        return self._do(reserve)

    def take(self, task: str, trial: int) -> bool:
        """Turn the place into the claim of a task; False where another driver has it."""
        try:
            self._do(lambda connection: self._take(connection, task, trial))
        except IntegrityError:
            return any(claim == (task, self.driver, trial) for claim in self.claimed())  # taken, but for the answer
        return True

    def put_back(self, task: str) -> None:
        """Turn the claim of a task into a place again."""
        place = self._claim(self.driver, -1)
        self._do(lambda connection: connection.execute(update(_CLAIMS).where(self._is_ours(task)).values(place)))

    def release(self, task: str = "") -> None:
        """Let go of a task whose trial has ended; without a name, of the place."""
        self._do(lambda connection: connection.execute(delete(_CLAIMS).where(self._is_ours(task or self.driver))))

    def free(self, claims: Sequence[Claim]) -> None:
        """Let go of what dead drivers have claimed, and of nothing that one of them has claimed since."""

        def free(connection: Connection) -> None:
            for claim in claims:
                row = (_CLAIMS.c.study == self._study) & (_CLAIMS.c.network == claim.task)
                is_same = (_CLAIMS.c.driver == claim.driver) & (_CLAIMS.c.trial == claim.trial)
                connection.execute(delete(_CLAIMS).where(row & is_same))

        if claims:
            self._do(free)

    def _join(self, connection: Connection) -> bool:
        """Enter ourselves; returns whether anybody else is there."""
        if not connection.execute(update(_DRIVERS).where(self._is_row_of(_TURN)).values(num_beats=0)).rowcount:
            self._enter(connection, _TURN)
        others = self._drivers(connection).keys() - {self.driver}
        self._show_life(connection)
        return bool(others)

    def _show_life(self, connection: Connection) -> None:
        more = update(_DRIVERS).where(self._is_row_of(self.driver)).values(num_beats=_DRIVERS.c.num_beats + 1)
        if not connection.execute(more).rowcount:  # we were slow, and struck off ourselves
            self._enter(connection, self.driver)

    def _enter(self, connection: Connection, driver: str) -> None:
        """A row in the table of drivers, unless another thread or driver is entering it."""
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(insert(_DRIVERS).values(study=self._study, driver=driver, num_beats=0))

    def _take(self, connection: Connection, task: str, trial: int) -> None:
        claim = self._claim(task, trial)
        if not connection.execute(update(_CLAIMS).where(self._is_ours(self.driver)).values(claim)).rowcount:
            connection.execute(insert(_CLAIMS).values(claim))  # we were slow, and the place is gone

    def _claim(self, task: str, trial: int) -> dict[str, str | int]:
        return {"study": self._study, "network": task, "driver": self.driver, "trial": trial}

    def _claimed(self, connection: Connection) -> list[Claim]:
        columns = (_CLAIMS.c.network, _CLAIMS.c.driver, _CLAIMS.c.trial)
        return [Claim(*row) for row in connection.execute(select(*columns).where(_CLAIMS.c.study == self._study))]

    def _drivers(self, connection: Connection) -> dict[str, int]:
        """Driver -> how many signs of life it gave."""
        is_driver = (_DRIVERS.c.study == self._study) & (_DRIVERS.c.driver != _TURN)
        found = connection.execute(select(_DRIVERS.c.driver, _DRIVERS.c.num_beats).where(is_driver))
        return {row.driver: row.num_beats for row in found}

    def _is_row_of(self, driver: str) -> ColumnElement[bool]:
        return (_DRIVERS.c.study == self._study) & (_DRIVERS.c.driver == driver)

    def _is_ours(self, task: str) -> ColumnElement[bool]:
        is_it = (_CLAIMS.c.study == self._study) & (_CLAIMS.c.network == task)
        return is_it & (_CLAIMS.c.driver == self.driver)

    def _remember(self, claims: Sequence[Claim]) -> None:
        self.others = {claim.task: claim.trial for claim in claims if claim.driver != self.driver}

    def _do(self, act: Callable[[Connection], Found]) -> Found:
        """In one transaction, which is begun again while the database is away."""

        def once() -> Found:
            with self._transaction() as connection:
                return act(connection)

        return retried(once)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise StorageInternalError("The claims cannot be read or written.") from error
