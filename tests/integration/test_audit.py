"""Every change that an administrator makes leaves its line, for good and without a secret."""

from typing import Final

import psycopg
import pytest

from ivr.config import Settings
from ivr.errors import IllegalChange
from ivr.store import Store
from tests.integration.administering import AGREEMENT, RATE, data, ivr
from tests.integration.conftest import Sql

NEVER: Final = frozenset({
    "_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock", "audit", "installation", "call", "card_try", "debt", "hold", "incident",
    "incident_event", "leg", "message", "minute_reservation", "node", "offer", "page", "pin_try", "refund", "talk", "webhook_event",
    "follow_up",
})  # fmt: skip
"""Tables that no administrator fills: what calls leave behind, with its own trail. A new table belongs here or is audited."""

CHANGES: Final = [
    ("customer", "add", ("customer", "add", "2001", "--name", "A")),
    ("customer_phone", "add", ("customer", "change", "1001", "--phone", "+12025550103")),
    ("customer_phone", "remove", ("customer", "change", "1001", "--drop-phone", "+12025550101")),
    ("customer", "change", ("customer", "change", "1001", "--name", "A")),
    ("customer", "change", ("customer", "change", "1001", "--pin", "new")),
    ("customer", "change", ("customer", "end", "1001", "--yes")),
    ("agreement", "add", ("agreement", "add", "1006", *AGREEMENT)),
    ("agreement", "change", ("agreement", "change", "1", "--minutes", "90")),
    ("agreement", "change", ("agreement", "end", "1", "--yes")),
    ("agreement", "remove", ("agreement", "end", "4", "--yes")),
    ("rate", "add", ("rate", "add", *RATE)),
    ("rate", "remove", ("rate", "end", "3", "--yes")),
    ("blocked_caller", "add", ("block", "add", "+12025550199", "--reason", "x")),
    ("blocked_caller", "change", ("block", "end", "+12025550198")),
]


@pytest.mark.parametrize(("entity", "action", "command"), CHANGES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else value)
def test_every_change_leaves_its_line(
    settings: Settings, store: Store, sql: Sql, entity: str, action: str, command: tuple[str, ...]
) -> None:
    """Who, what, which, before and after; and one that changes nothing leaves none."""
    sql("INSERT INTO blocked_caller (phone, reason, by) VALUES ('+12025550198', 'x', 'x')")
    done = ivr(settings, *command, IVR_ACTOR="monday.admin")
    assert done.returncode == 0, done.stderr
    last = store.changes(limit=1)[0]
    assert (last.who, last.action, last.entity) == ("monday.admin", action, entity)
    assert (last.before is None, last.after is None) == (action == "add", action == "remove")
    assert last.before != last.after
    shown = ivr(settings, "changes", "--limit", "1")
    assert "monday.admin" in shown.stdout
    assert f"{action} {entity.replace('_', ' ')}" in shown.stdout


def test_every_table_of_administration_is_audited(store: Store, sql: Sql) -> None:
    """A new table is audited, or named above with the reason."""
    tables = {name for (name,) in sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    left = {name for name in tables if not name.startswith("procrastinate_")} - NEVER - set(store.audited())
    assert left == set()


def test_the_account_finds_all_that_belongs_to_a_customer(settings: Settings) -> None:
    """Customer, phones, agreements; one kind with --entity."""
    data(settings, "customer", "add", "2001", "--name", "A", "--phone", "+12025550142")
    data(settings, "agreement", "add", "2001", *AGREEMENT)
    assert [one["entity"] for one in data(settings, "changes", "--key", "2001")] == ["agreement", "customer_phone", "customer"]
    assert len(data(settings, "changes", "--key", "2001", "--entity", "agreement")) == 1


def test_no_secret_is_in_the_audit(settings: Settings, sql: Sql) -> None:
    """Of a PIN only that it changed, of a page's address only that there is one."""
    data(settings, "customer", "add", "2001", "--name", "A")
    data(settings, "customer", "change", "2001", "--pin", "new")
    [(hash_now,)] = sql("SELECT pin_hash FROM customer WHERE account = '2001'")
    everything = str(sql("SELECT before, after FROM audit"))
    assert hash_now not in everything
    assert "argon2" not in everything
    assert sql("SELECT before ->> 'pin_hash', after ->> 'pin_hash' FROM audit ORDER BY id DESC LIMIT 1") == [("set", "changed")]
    kept = sql("""SELECT audit_safe('{"name": "Ann", "page_urls": ["tgram://token@x"], "page_url": null}', NULL)""")
    assert kept == [({"name": "Ann", "page_urls": "set", "page_url": None},)]


def test_the_audit_is_append_only(store: Store, sql: Sql) -> None:
    """Also for the database's administrator."""
    for statement in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(psycopg.DatabaseError, match="append only"):
            sql(statement)


def test_who_is_the_transactions_actor_or_the_databases_user(settings: Settings, store: Store, sql: Sql) -> None:
    """Each connection of the pool says it; SQL by hand has its own name."""
    sql("UPDATE customer SET name = 'By hand' WHERE account = '1001'")
    assert store.changes(limit=1)[0].who == sql("SELECT session_user")[0][0]
    with sql_transaction(settings) as connection:
        connection.execute("SELECT set_config('ivr.actor', 'ann@console', true)")
        connection.execute("UPDATE customer SET name = 'By Ann' WHERE account = '1001'")
    assert store.changes(limit=1)[0].who == "ann@console"
    with sql_transaction(settings) as connection:
        connection.execute("UPDATE customer SET name = 'By Ann' WHERE account = '1001'")
    assert store.changes(limit=1)[0].who == "ann@console", "nothing changed, so nothing was written"


def sql_transaction(settings: Settings) -> psycopg.Connection:
    """One transaction behind the store's back."""
    return psycopg.connect(str(settings.database_url))


def test_a_write_that_fails_in_its_middle_writes_nothing(store: Store, sql: Sql) -> None:
    """All rows of a statement or none, with their lines in the audit."""
    before = sql("SELECT count(*) FROM audit")
    rows = [{"account": "2001", "name": "A", "pin_hash": "x"}, {"account": "2002", "name": "", "pin_hash": "x"}]
    with pytest.raises(IllegalChange, match="violates check constraint"):
        store.write_customers(rows, "both")
    assert sql("SELECT count(*) FROM audit") == before
    assert len(store.customers()) == 6
