"""Applies the migrations of ``sql/migrations`` in order, each exactly once.

yoyo keeps the list of what was applied. Two things are done differently from its defaults, because this runs
at every start and may be killed: the lock is PostgreSQL's own advisory lock, which ends with its session (yoyo's
is a row, which survives a SIGKILL), and a migration is marked in the transaction that applies it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import as_file, files

import psycopg
from psycopg.conninfo import make_conninfo
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI, parse_uri
from yoyo.migrations import Migration, default_migration_table, read_migrations

from ivr.errors import SetupError

LOCK = 1_855_252_8788  # any number, as long as every version uses the same
LOCK_SECONDS = 60


class _Backend(PostgresqlPsycopgBackend):
    """yoyo on a psycopg 3 connection, without yoyo's lock."""

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection:
        return psycopg.connect(make_conninfo(str(dburi), connect_timeout=5), autocommit=True)

    @contextmanager
    def lock(self, timeout: float = 0) -> Iterator[None]:
        """Nothing: :func:`migrate` holds the advisory lock."""
        yield

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:
        """The migration and the note that it was applied, both or neither."""
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            self.mark_one(migration)


def migrate(database_url: str) -> None:
    """Bring the database up to date. Any number may run at once; a broken one is finished by the next.

    Raises SetupError when the database does not answer or another migration does not finish within a minute.
    """
    try:
        backend = _Backend(parse_uri(database_url), default_migration_table)
        with closing(backend.connection), as_file(files("ivr").joinpath("sql/migrations")) as folder:
            backend.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            backend.execute(f"SELECT pg_advisory_lock({LOCK})")
            backend.execute("RESET lock_timeout")
            backend.apply_migrations(backend.to_apply(read_migrations(str(folder))))
    except psycopg.errors.LockNotAvailable as busy:
        raise SetupError(f"Another migration has been running for {LOCK_SECONDS} s. Wait for it or end it, then try again.") from busy
    except psycopg.OperationalError as away:
        raise SetupError(f"The database does not answer ({str(away).strip()}). Start it, or mend IVR_DATABASE_URL.") from away


def refusal(database_url: str, seconds: int = 2) -> str:
    """Why nobody can connect, in PostgreSQL's words; "" when somebody can."""
    try:
        psycopg.connect(make_conninfo(database_url, connect_timeout=seconds)).close()
    except psycopg.OperationalError as away:
        return " ".join(str(away).split())
    return ""


def run_script(database_url: str, sql: str) -> None:
    """Run statements of SQL in one transaction: all or none. Raises SetupError with PostgreSQL's words."""
    try:
        with psycopg.connect(make_conninfo(database_url, connect_timeout=5)) as connection:
            connection.execute(sql.encode())
    except psycopg.Error as error:
        raise SetupError(f"The SQL was refused and nothing was changed: {str(error).strip()}") from error
