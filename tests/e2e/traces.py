"""Everything that a stack leaves behind, as it grows: files, rows, what the manager tells. For :mod:`tests.e2e.hygiene`."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final, Self

import psycopg

from ivr.embedded.stack import Stack
from tests.e2e.hygiene import Typed

IMMUTABLE: Final = frozenset({"asterisk", "postgres"})
"""Folders of a stack without anything that a call writes: links to sounds; PostgreSQL's pages, whose rows are read as text instead."""
_WATCH: Final = """
CREATE SCHEMA IF NOT EXISTS hygiene;
CREATE UNLOGGED TABLE IF NOT EXISTS hygiene.written (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, place text, content text);
CREATE OR REPLACE FUNCTION hygiene.write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hygiene.written (place, content) VALUES (TG_TABLE_NAME, NEW::text);
    RETURN NULL;
END
$$;
DO $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'hygiene')
            AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'zz_hygiene')
    LOOP
        EXECUTE format('CREATE TRIGGER zz_hygiene AFTER INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION hygiene.write()', place.name);
    END LOOP;
END
$$;
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that was written since the last look, and where."""

    place: str
    content: bytes


class Files:
    """The files below a stack's folder, and its PostgreSQL's log."""

    def __init__(self, stack: Stack) -> None:
        self._folder = stack.folder
        self._server_log = stack.postgres._data / "server.log"
        self._seen: dict[Path, tuple[int, int, int]] = {}

    def new(self) -> Iterator[Piece]:
        """What logs grew by, and every other file that changed, whole."""
        for path in [*self._paths(), self._server_log]:
            with suppress(FileNotFoundError):  # gone between the two looks
                yield from self._new_of(path)

    def _paths(self) -> Iterator[Path]:
        for folder, below, names in os.walk(self._folder):
            if Path(folder) == self._folder:
                below[:] = [name for name in below if name not in IMMUTABLE]
            yield from (path for name in names if (path := Path(folder, name)).is_file() and not path.is_symlink())

    def _new_of(self, path: Path) -> Iterator[Piece]:
        stat = path.stat()
        now = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        before = self._seen.get(path)
        if now == before:
            return
        self._seen[path] = now
        grew = before is not None and path.suffix == ".log" and before[0] == now[0] and before[2] <= now[2]
        with path.open("rb") as file:
            file.seek(before[2] if before is not None and grew else 0)
            yield Piece(str(path), file.read())


class Rows:
    """Every row that was ever written, also of jobs that are deleted when done: each table has a trigger that copies it."""

    def __init__(self, stack: Stack) -> None:
        self._url = str(stack.settings.database_url)
        self._last = 0
        with psycopg.connect(self._url, autocommit=True) as link:
            link.execute(_WATCH)

    def new(self) -> Iterator[Piece]:
        """The rows since the last look, by table, in the order of writing."""
        tables: dict[str, list[str]] = {}
        with psycopg.connect(self._url, autocommit=True) as link:
            written = link.execute("SELECT id, place, content FROM hygiene.written WHERE id > %s ORDER BY id", (self._last,))
            for number, table, content in written:
                self._last = number
                tables.setdefault(table, []).append(content)
        for table, rows in tables.items():
            yield Piece(f"table {table}", "\n".join(rows).encode())


class ManagerEvents:
    """What Asterisk's manager tells the hotline's own user, byte by byte, on a connection of its own."""

    def __init__(self, stack: Stack) -> None:
        self._address = ("127.0.0.1", stack.ports.ami_port)
        settings = stack.settings
        self._login = f"Action: Login\r\nUsername: {settings.ami_user}\r\nSecret: {settings.ami_secret.get_secret_value()}\r\n\r\n".encode()
        self._heard = bytearray()
        self._lock = Lock()
        self._over = Event()
        self.connected = Event()
        self._thread = Thread(target=self._run, name="hygiene-ami", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self.connected.wait(10), "the manager does not let the hygiene in"
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)

    def new(self) -> Iterator[Piece]:
        """What was told since the last look."""
        with self._lock:
            heard = bytes(self._heard)
            self._heard.clear()
        yield Piece("events of Asterisk's manager", heard)

    def _run(self) -> None:
        """Connects again when Asterisk was restarted."""
        while not self._over.is_set():
            with suppress(OSError), socket.create_connection(self._address, timeout=1) as link:
                link.sendall(self._login)
                self._listen(link)
            self._over.wait(0.2)

    def _listen(self, link: socket.socket) -> None:
        while not self._over.is_set():
            try:
                data = link.recv(65_536)
            except TimeoutError:
                continue
            if not data:
                return
            if b"Authentication accepted" in data:
                self.connected.set()
            with self._lock:
                self._heard += data


class Traces:
    """All of it, and the look after each scenario."""

    def __init__(self, stack: Stack, events: ManagerEvents) -> None:
        self._sources = (Files(stack), Rows(stack), events)

    def check(self, typed: Typed) -> None:
        """Raises ``AssertionError`` naming each place where something typed stands that grew since the last look."""
        pieces = [piece for source in self._sources for piece in source.new()]
        leaks = [f"{piece.place}: {how}" for piece in pieces for how in typed.found_in(piece.content)]
        assert not leaks, f"a card that was keyed stands in {'; '.join(leaks)}"
