"""PostgreSQL behind a deadline: a pool of connections, one statement at a time, its errors as ours.

Each call is one statement and one transaction, so nothing stays open while a caller listens. Whatever the server
does (down, hung, stopped, slow, failing over), the call returns or raises within the deadline.
"""

import logging
import select
from time import monotonic
from types import NoneType
from typing import Any, NoReturn, Self
from uuid import UUID

from psycopg import Connection, Cursor, Error, InterfaceError, OperationalError, conninfo, errors
from psycopg.abc import RV, PQGen
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from ivr.errors import IllegalChange, SetupError, StoreUnavailable, UnknownRecord
from ivr.records.clean import clean
from ivr.records.queries import queries

log = logging.getLogger(__name__)

Row = dict[str, Any]
_PLAIN = (int, float, UUID, NoneType)
FORBIDDEN_CHANGE = "IV001"  # raised by the rules in sql/migrations/0003-rules.sql
_WORTH_A_SECOND_TRY = (OperationalError, InterfaceError, errors.UniqueViolation)
_NOT_TWICE = (errors.QueryCanceled, errors.DiskFull, errors.LockNotAvailable)


class _BoundConnection(Connection[DictRow]):
    """A connection whose every wait ends at ``deadline``, also when the server's process is stopped.

    It has one cursor and one poll for all of its life: making them costs as much as running a statement.
    """

    deadline: float | None = None
    _only: Cursor[DictRow] | None = None
    _poll: "select.poll | None" = None

    def run(self, query: bytes, values: Row) -> list[Row]:
        """One statement; its rows."""
        if self._only is None:
            self._only = self.cursor()
        cursor = self._only.execute(query, values)
        return [] if cursor.rownumber is None else cursor.fetchall()

    def is_dead(self) -> bool:
        """Whether the server has hung up: an idle connection that is readable. Costs no round trip."""
        if self.closed:
            return True
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.fileno(), select.POLLIN)
        return bool(self._poll.poll(0))

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server; closes the connection and raises OperationalError at the deadline."""
        if self.deadline is not None:
            timeout = max(0.0, self.deadline - monotonic())
        try:
            return super().wait(gen, interval, timeout)
        except errors._WaitTimeout as late:
            self.close()
            raise OperationalError("no answer within the deadline") from late


class Database:
    """A pool of at most ``size`` connections; every call ends within ``seconds``.

    Opens without the server and finds it again by itself when it returns.
    """

    def __init__(self, url: str, *, seconds: float, size: int, actor: str = "") -> None:
        """``actor``: who stands in the audit for what is changed here; "" is the database's user."""
        self._seconds = seconds
        self._actor = actor
        self._size = size
        self._pool = ConnectionPool(
            _conninfo(url, seconds),
            connection_class=_BoundConnection,
            kwargs={"autocommit": True, "row_factory": dict_row},
            min_size=1,
            max_size=size,
            timeout=seconds,
            reconnect_timeout=seconds,
            configure=self._name_actor,
            open=False,
            name="store",
        )
        self._pool.open(wait=False)

    def close(self) -> None:
        """Close every connection; calls after this raise StoreUnavailable."""
        self._pool.close(timeout=self._seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def row(self, name: str, /, **values: object) -> Row | None:
        """The first row of the query ``name``, None when there is none. Raises as :meth:`rows`."""
        found = self.rows(name, **values)
        return found[0] if found else None

    def rows(self, name: str, /, **values: object) -> list[Row]:
        """All rows of the query ``name``, tried once more after a lost connection or a conflict: no query does harm when repeated.

        Raises StoreUnavailable, IllegalChange, UnknownRecord (a reference to what does not exist), SetupError (no tables).
        """
        deadline = monotonic() + self._seconds
        try:
            try:
                return self._once(name, values, deadline)
            except _WORTH_A_SECOND_TRY as lost:
                if isinstance(lost, _NOT_TWICE) or monotonic() >= deadline:
                    raise
                log.warning("%s is tried once more: %s", name, lost)
                return self._once(name, values, deadline)
        except Error as error:
            _raise_ours(error)

    def _name_actor(self, connection: _BoundConnection) -> None:
        if self._actor:
            connection.execute("SELECT set_config('ivr.actor', %s, false)", (self._actor,))

    def _once(self, name: str, values: Row, deadline: float) -> list[Row]:
        adapted = {key: _adapt(value) for key, value in values.items()}
        connection = self._living_connection(deadline)
        connection.deadline = deadline
        try:
            return connection.run(queries()[name], adapted)
        finally:
            connection.deadline = None
            self._pool.putconn(connection)

    def _living_connection(self, deadline: float) -> _BoundConnection:
        """A connection on which the server has not hung up."""
        for _ in range(self._size + 1):
            connection = self._pool.getconn(timeout=max(0.001, deadline - monotonic()))
            if not connection.is_dead():
                return connection
            connection.close()
            self._pool.putconn(connection)
        raise OperationalError("every connection was dead")


def _conninfo(url: str, seconds: float) -> str:
    """``url`` with deadlines on the server's side and the network's, for what outlives our own."""
    milliseconds = int(seconds * 1000)
    given = conninfo.conninfo_to_dict(url)
    options = f"{given.get('options') or ''} -c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
    return conninfo.make_conninfo(
        url,
        connect_timeout=2,  # the least that libpq takes; connecting is the pool's, callers do not wait for it
        tcp_user_timeout=milliseconds,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
        options=options.strip(),
        application_name=given.get("application_name") or "ivr",
    )


def _adapt(value: object) -> object:
    """``value`` as PostgreSQL takes it: cleaned, mappings as JSON."""
    if isinstance(value, _PLAIN):
        return value
    cleaned = clean(value)
    return Jsonb(cleaned) if isinstance(cleaned, dict) else cleaned


def _raise_ours(error: Error) -> NoReturn:
    """The only place where the library's errors become ours."""
    match error:
        case errors.ForeignKeyViolation():
            raise UnknownRecord(error.diag.message_detail or str(error)) from error
        case errors.NumericValueOutOfRange():
            raise UnknownRecord("No record has a number that large.") from error
        case errors.IntegrityError():
            raise IllegalChange(error.diag.message_primary or "refused by the records") from None  # its detail shows the whole row
        case errors.UndefinedTable():
            raise SetupError("The database has no tables of the hotline yet. Run `ivr migrate` once.") from error
    if error.sqlstate == FORBIDDEN_CHANGE:
        raise IllegalChange(error.diag.message_primary or str(error)) from error
    raise StoreUnavailable(f"PostgreSQL: {type(error).__name__}: {error}") from error
