"""Migrations: each once, whoever runs them, however often they are broken off."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest
from yoyo.connections import parse_uri
from yoyo.migrations import default_migration_table, read_migrations

from ivr import migrate as migrations
from ivr.errors import SetupError
from ivr.migrate import _Backend, migrate, run_script
from tests.integration.postgres_server import PostgresServer

_numbers = count(1)
FILES = len(list((Path(migrations.__file__).parent / "sql" / "migrations").glob("*.sql")))


@pytest.fixture
def empty_url(server: PostgresServer) -> str:
    """A database without any table."""
    return server.create(f"empty_{next(_numbers)}")


def applied(url: str) -> list[str]:
    """What yoyo's own list says was applied."""
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT migration_id FROM _yoyo_migration ORDER BY migration_id")]


def test_each_migration_is_applied_once(empty_url: str) -> None:
    """A second run finds nothing to do."""
    migrate(empty_url)
    first = applied(empty_url)
    migrate(empty_url)
    assert applied(empty_url) == first
    assert len(first) == FILES


def test_two_at_once_do_the_work_once(empty_url: str) -> None:
    """Every node may migrate when it starts."""
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(migrate, [empty_url] * 3))
    assert len(applied(empty_url)) == FILES


OBSTACLES = [
    "CREATE TABLE incident (id int)",
    "CREATE TABLE call (id int)",
    "CREATE TABLE procrastinate_jobs (id int)",
    "LOCK TABLE _yoyo_migration IN SHARE MODE",  # between the work of a migration and the note that it was done
]


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_a_migration_killed_in_its_middle_is_finished_by_the_next(empty_url: str, obstacle: str) -> None:
    """SIGKILL while it waits inside a migration, its session cut: no lock, no half migration is left."""
    make_lists(empty_url)
    with psycopg.connect(empty_url) as blocker:
        blocker.execute(obstacle.encode())  # uncommitted: the migration waits for it
        program = "import sys; from ivr.migrate import migrate; migrate(sys.argv[1])"
        victim = subprocess.Popen([sys.executable, "-c", program, empty_url])
        try:
            session = waiting_session(blocker)
        finally:
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait(10)
        blocker.execute("SELECT pg_terminate_backend(%s)", (session,))  # or it would still finish its statement
        blocker.rollback()
    migrate(empty_url)
    assert len(applied(empty_url)) == FILES


def make_lists(url: str) -> None:
    """yoyo's own tables, and nothing else."""
    backend = _Backend(parse_uri(url), default_migration_table)
    with closing(backend.connection):
        backend.to_apply(read_migrations())


def waiting_session(connection: psycopg.Connection) -> int:
    """The session that waits for this connection's transaction, as soon as there is one."""
    until = monotonic() + 20
    query = "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    while (row := connection.execute(query).fetchone()) is None:
        assert monotonic() < until
        sleep(0.01)
    return int(row[0])


def test_a_database_that_does_not_answer_is_said_so() -> None:
    """One sentence with the way out, no traceback of a library."""
    with pytest.raises(SetupError, match="IVR_DATABASE_URL"):
        migrate("postgresql://postgres@127.0.0.1:1/nowhere")


def test_a_script_is_all_or_nothing(empty_url: str) -> None:
    """A fault in its last statement takes back the first; percent signs and dollar quotes are harmless."""
    run_script(empty_url, "CREATE TABLE a (t text); INSERT INTO a VALUES ('100 %s'), ($$it's$$)")
    with pytest.raises(SetupError, match="nothing was changed"):
        run_script(empty_url, "INSERT INTO a VALUES ('x'); SELECT 1/0")
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT count(*) FROM a").fetchone() == (2,)
