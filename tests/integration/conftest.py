"""PostgreSQL for the integration tests: one server for each test process, a fresh migrated database for each test.

Around it a sandbox for Stripe, and a manager that stands for Asterisk's.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row
from pydantic import SecretStr

from ivr.config import Settings
from ivr.embedded.stripe_sandbox import KEY, WEBHOOK_SECRET, SandboxControl, running
from ivr.migrate import migrate, run_script
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from ivr.switchboard import Switchboard
from tests.integration import fake_asterisk
from tests.integration.administering import Said, ivr
from tests.integration.cast import CAST
from tests.integration.fake_asterisk import FakeManager
from tests.integration.postgres_server import PostgresServer

Sql = Callable[..., list[tuple[Any, ...]]]
Amend = Callable[..., None]

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 2**30

_numbers = count(1)


def in_memory() -> Path | None:
    """A folder in memory where there is room: a database there is made and dropped in a third of the time. None: the usual one."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES else None


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """The running server, with a migrated template and one that holds the cast too."""
    with tempfile.TemporaryDirectory(prefix="ivr-postgres-", dir=in_memory()) as folder:
        Path(folder).chmod(0o755)  # or its user, nobody, could not enter it
        server = PostgresServer(Path(folder) / "server")
        migrate(server.create("migrated"))
        run_script(server.create("with_cast", "migrated"), CAST)
        yield server
        server.destroy()


@pytest.fixture
def database_url(server: PostgresServer) -> Iterator[str]:
    """A fresh database with the cast of :mod:`tests.integration.cast`."""
    name = f"test_{next(_numbers)}"
    yield server.create(name, "with_cast")
    server.drop(name)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings with this test's database and the shipped deadlines."""
    return Settings.model_validate({"database_url": database_url, "pin_pepper": "pepper", "ami_secret": "secret", "pool_size": 10})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The records on this test's database."""
    with Store(settings) as store:
        yield store


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxControl]:
    """An empty Stripe sandbox of this test's own."""
    with running(tmp_path) as control:
        yield control


@pytest.fixture
def paying(settings: Settings, sandbox: SandboxControl) -> Settings:
    """The settings with that sandbox as Stripe, and not much patience with an Asterisk that is not there."""
    secrets = {"stripe_key": SecretStr(KEY), "stripe_webhook_secret": SecretStr(WEBHOOK_SECRET)}
    return settings.model_copy(update={"stripe_url": sandbox.url, "keypad_cards": True, "ami_seconds": 0.1, **secrets})


@pytest.fixture
def gateway(paying: Settings) -> Iterator[StripeGateway]:
    """The way to the sandbox."""
    gateway = StripeGateway(paying)
    yield gateway
    gateway.close()


@pytest.fixture
def hasty(paying: Settings) -> Iterator[StripeGateway]:
    """The same for who waits half a second in all."""
    gateway = StripeGateway(paying.model_copy(update={"stripe_seconds": 0.5}))
    yield gateway
    gateway.close()


@pytest.fixture
def sql(database_url: str) -> Iterator[Sql]:
    """Runs one statement behind the store's back; its rows."""
    with psycopg.connect(database_url, autocommit=True, row_factory=tuple_row) as connection:

        def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def amend(sql: Sql) -> Amend:
    """Changes the agreement of the covered customer: assignments of SQL and their values."""

    def run(assignments: str, *values: object) -> None:
        sql(f"UPDATE agreement SET {assignments} WHERE id = 1", *values)

    return run


@pytest.fixture
def run(settings: Settings) -> Callable[..., Said]:
    """The command line in this process, on a wide terminal."""
    return partial(ivr, settings, COLUMNS="200", TERM="dumb")


@pytest.fixture
def manager() -> Iterator[FakeManager]:
    """A manager that answers every action with success."""
    with FakeManager() as manager:
        yield manager


@pytest.fixture
def switchboard(manager: FakeManager) -> Iterator[Switchboard]:
    """Connected to it."""
    board = Switchboard(fake_asterisk.settings(ami_port=manager.port, ami_seconds=0.5))
    board.start()
    assert board.wait_connected(3)
    yield board
    board.stop()
