"""The embedded PostgreSQL as the tests need it: it can be stopped, frozen (SIGSTOP) and started again."""

import os
import signal
from pathlib import Path

from ivr.embedded.postgres import USER, Postgres


class PostgresServer:
    """One server of the test's own in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._postgres = Postgres(folder)
        self.start()
        self._postgres._sql("ALTER SYSTEM SET fsync = off")  # what the tests write need not survive a power cut
        self._postgres._sql("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        self._postgres.ensure_running()

    def stop(self) -> None:
        """Stop; every connection breaks."""
        self._postgres.stop()

    def destroy(self) -> None:
        """Stop and delete it."""
        self._postgres.destroy()

    def freeze(self) -> None:
        """SIGSTOP to the server and all its sessions: connections stay up and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on."""
        self._signal(signal.SIGCONT)

    def create(self, database: str, template: str = "template1") -> str:
        """A new database like ``template``; its URL."""
        self._postgres._sql(f"CREATE DATABASE {database} OWNER {USER} TEMPLATE {template} STRATEGY FILE_COPY")
        return self._postgres.database(database)

    def drop(self, database: str) -> None:
        """Remove a database; whoever is still connected is cut off."""
        self._postgres.drop(database)

    def _signal(self, number: signal.Signals) -> None:
        postmaster = int((self._postgres._data / "postmaster.pid").read_text("ascii").split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text("ascii").split()
        for pid in (postmaster, *map(int, children)):
            os.kill(pid, number)
