"""PostgreSQL behind a deadline: a pool of connections, one statement at a time, its errors as ours.

Each call is one statement and one transaction, so nothing stays open while a caller listens. Whatever the server
does (down, hung, stopped, slow, failing over), the call returns or raises within the deadline.
"""

import logging
import select
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Self
from uuid import UUID

from psycopg import Connection, Error, InterfaceError, OperationalError, conninfo, errors
from psycopg.abc import RV, PQGen
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from ivr.errors import IllegalChange, SetupError, StoreUnavailable, UnknownRecord
from ivr.records.clean import clean
from ivr.records.queries import queries

log = logging.getLogger(__name__)

Row = dict[str, Any]
FORBIDDEN_CHANGE = "IV001"  # raised by the rules in sql/migrations/0003-rules.sql
_WORTH_A_SECOND_TRY = (OperationalError, InterfaceError, errors.UniqueViolation)
_NOT_TWICE = (errors.QueryCanceled, errors.DiskFull, errors.LockNotAvailable)


class _BoundConnection(Connection[DictRow]):
    """A connection whose every wait ends at ``deadline``, also when the server's process is stopped."""

    deadline: float | None = None

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
        with _our_errors():
            try:
                return self._once(name, values, deadline)
            except _WORTH_A_SECOND_TRY as lost:
                if isinstance(lost, _NOT_TWICE) or monotonic() >= deadline:
                    raise
                log.warning("%s is tried once more: %s", name, lost)
                return self._once(name, values, deadline)

    def _name_actor(self, connection: _BoundConnection) -> None:
        if self._actor:
            connection.execute("SELECT set_config('ivr.actor', %s, false)", (self._actor,))

    def _once(self, name: str, values: Row, deadline: float) -> list[Row]:
        with self._connection(deadline) as connection:
            cursor = connection.execute(queries()[name], {key: _adapt(value) for key, value in values.items()})
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _connection(self, deadline: float) -> Iterator[_BoundConnection]:
        connection = self._living_connection(deadline)
        connection.deadline = deadline
        try:
            yield connection
        finally:
            connection.deadline = None
            self._pool.putconn(connection)

    def _living_connection(self, deadline: float) -> _BoundConnection:
        """A connection on which the server has not hung up: an idle one that is readable is a dead one. Costs no round trip."""
        for _ in range(self._size + 1):
            connection = self._pool.getconn(timeout=max(0.001, deadline - monotonic()))
            if not connection.closed and not _readable(connection):
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


def _readable(connection: _BoundConnection) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _adapt(value: object) -> object:
    """``value`` as PostgreSQL takes it: cleaned, mappings as JSON."""
    if isinstance(value, UUID):
        return value
    cleaned = clean(value)
    return Jsonb(cleaned) if isinstance(cleaned, dict) else cleaned


@contextmanager
def _our_errors() -> Iterator[None]:
    """The only place where the library's errors become ours."""
    try:
        yield
    except errors.ForeignKeyViolation as unknown:
        raise UnknownRecord(unknown.diag.message_detail or str(unknown)) from unknown
    except errors.NumericValueOutOfRange as absurd:
        raise UnknownRecord("No record has a number that large.") from absurd
    except errors.IntegrityError as refused:
        raise IllegalChange(refused.diag.message_primary or "refused by the records") from None  # its detail shows the whole row
    except errors.UndefinedTable as bare:
        raise SetupError("The database has no tables of the hotline yet. Run `ivr migrate` once.") from bare
    except Error as error:
        if error.sqlstate == FORBIDDEN_CHANGE:
            raise IllegalChange(error.diag.message_primary or str(error)) from error
        raise StoreUnavailable(f"PostgreSQL: {type(error).__name__}: {error}") from error
