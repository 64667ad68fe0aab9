"""The sandbox's memory: objects as JSON, idempotency keys, switches; one SQLite file, one thread."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from ivr.embedded.stripe_sandbox.errors import Document

_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS object (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, number);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, path TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_BOUNDS: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Answer(NamedTuple):
    """What an idempotency key remembers of its first request."""

    path: str
    fingerprint: str
    status: int
    body: str


class Database:
    """Not for two threads. What one ``transaction`` writes is there whole or not at all, also after a kill."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        self._link = sqlite3.connect(file, isolation_level=None)
        self._link.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._link.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at its end, rolls back when something is raised."""
        self._link.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._link.execute("ROLLBACK")
            raise
        self._link.execute("COMMIT")

    @contextmanager
    def savepoint(self, keeps: Callable[[BaseException], bool]) -> Iterator[None]:
        """Within a transaction: takes back what was written since when something is raised that ``keeps`` says no to."""
        self._link.execute("SAVEPOINT step")
        try:
            yield
        except BaseException as problem:
            if not keeps(problem):
                self._link.execute("ROLLBACK TO step")
            self._link.execute("RELEASE step")
            raise
        self._link.execute("RELEASE step")

    def put(self, document: Document) -> None:
        """Writes an object, new or changed. Its ``object`` is its kind."""
        self._link.execute(
            "INSERT INTO object (id, kind, created, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (document["id"], document["object"], document["created"], json.dumps(document)),
        )

    def get(self, kind: str, key: str) -> Document | None:
        """The object, or None."""
        row = self._link.execute("SELECT body FROM object WHERE id = ? AND kind = ?", (key, kind)).fetchone()
        return None if row is None else self._document(row[0])

    def page(
        self, kind: str, limit: int, *, equal: Mapping[str, str], created: Mapping[str, int], after: str | None, before: str | None
    ) -> list[Document]:
        """At most ``limit`` objects, newest first; of those before ``before`` the ones nearest to it."""
        conditions, values = ["kind = ?"], [kind]
        for name, wanted in equal.items():
            conditions.append("json_extract(body, ?) = ?")
            values += [f"$.{name}", wanted]
        for word, bound in created.items():
            conditions.append(f"created {_BOUNDS[word]} {bound:d}")
        for sign, cursor in (("<", after), (">", before)):
            if cursor is not None:
                conditions.append(f"number {sign} (SELECT number FROM object WHERE id = ?)")  # noqa: S608
                values.append(cursor)
        order = "ASC" if before is not None else "DESC"
        query = f"SELECT body FROM object WHERE {' AND '.join(conditions)} ORDER BY number {order} LIMIT {limit:d}"  # noqa: S608
        found = [self._document(row[0]) for row in self._link.execute(query, values)]
        return found[::-1] if before is not None else found

    def pending_events(self) -> list[Document]:
        """Events whose webhook nobody has taken, oldest first."""
        query = "SELECT body FROM object WHERE kind = 'event' AND json_extract(body, '$.pending_webhooks') > 0 ORDER BY number"
        return [self._document(row[0]) for row in self._link.execute(query)]

    def answer(self, key: str) -> Answer | None:
        """What was answered to the first request with this idempotency key."""
        row = self._link.execute("SELECT path, fingerprint, status, body FROM idempotency WHERE key = ?", (key,)).fetchone()
        return None if row is None else Answer(*row)

    def remember(self, key: str, answer: Answer, now: float) -> None:
        """Keeps the answer for the next request with this key."""
        self._link.execute("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?)", (key, *answer, now))

    def setting(self, name: str, default: str) -> str:
        """A switch of the account; written with its default when it is asked for first."""
        self._link.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, default))
        return str(self._link.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()[0])

    def change_setting(self, name: str, value: str) -> None:
        """Turns a switch."""
        self._link.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    @staticmethod
    def _document(body: str) -> Document:
        found: dict[str, Any] = json.loads(body)
        return found
