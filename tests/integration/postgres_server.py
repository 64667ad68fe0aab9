"""The embedded PostgreSQL as the tests need it: it can be stopped, frozen (SIGSTOP) and started again."""

import os
import signal
from pathlib import Path

import psycopg

from ivr.embedded.postgres import USER, Postgres

HASTE = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "autovacuum = off", "jit = off")
"""What the tests write need not survive a power cut, and lives for a second."""


class PostgresServer:
    """One server of the test's own in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._postgres = Postgres(folder)
        self._owner: psycopg.Connection | None = None
        self.start()
        for setting in HASTE:
            self._sql(f"ALTER SYSTEM SET {setting}")
        self._sql("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        self._postgres.ensure_running()

    def stop(self) -> None:
        """Stop; every connection breaks."""
        self._let_go()
        self._postgres.stop()

    def destroy(self) -> None:
        """Stop and delete it."""
        self._let_go()
        self._postgres.destroy()

    def freeze(self) -> None:
        """SIGSTOP to the server and all its sessions: connections stay up and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on."""
        self._signal(signal.SIGCONT)

    def create(self, database: str, template: str = "template1") -> str:
        """A new database like ``template``; its URL."""
        self._sql(f"CREATE DATABASE {database} OWNER {USER} TEMPLATE {template} STRATEGY FILE_COPY")
        access = self._postgres._access()
        return f"postgresql://{USER}:{access.user_password}@127.0.0.1:{access.port}/{database}"

    def drop(self, database: str) -> None:
        """Remove a database; whoever is still connected is cut off."""
        self._sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _sql(self, statement: str) -> None:
        """As the server's owner, over one connection: to start ``psql`` for each takes longer than what it asks for."""
        if self._owner is None or self._owner.closed:
            access = self._postgres._access()
            self._owner = psycopg.connect(f"postgresql://postgres:{access.password}@127.0.0.1:{access.port}/postgres", autocommit=True)
        self._owner.execute(statement.encode())

    def _let_go(self) -> None:
        if self._owner is not None:
            self._owner.close()

    def _signal(self, number: signal.Signals) -> None:
        postmaster = int((self._postgres._data / "postmaster.pid").read_text("ascii").split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text("ascii").split()
        for pid in (postmaster, *map(int, children)):
            os.kill(pid, number)
