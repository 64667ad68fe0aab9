"""What the database enforces by itself, also against its own administrator."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.errors import IllegalChange
from ivr.model.incident import EndReason, IncidentStatus
from ivr.records.queries import queries
from ivr.store import Store
from tests.integration.cast import called, connecting, kinds, offered, rungs, talking
from tests.integration.conftest import Sql
from tests.integration.postgres_server import PostgresServer

LEGAL = {
    ("open", "connecting"),
    ("open", "ended"),
    ("connecting", "talking"),
    ("connecting", "ended"),
    ("talking", "connecting"),
    ("talking", "suspended"),
    ("talking", "ended"),
    ("suspended", "connecting"),
    ("suspended", "ended"),
}
"""And from connecting to suspended once an engineer has accepted."""
STATUSES = [status.value for status in IncidentStatus]


@pytest.fixture(scope="module")
def any_database(server: PostgresServer) -> Iterator[psycopg.Connection]:
    """One database for all tests that write nothing."""
    with psycopg.connect(server.create("any_database", "migrated"), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("name", sorted(queries()))
def test_every_query_can_be_prepared(any_database: psycopg.Connection, name: str) -> None:
    """Tables, columns and types of every query exist."""
    text, numbers = queries()[name].decode(), dict[str, str]()
    for piece in text.split("%(")[1:]:
        parameter = piece.split(")s")[0]
        numbers.setdefault(parameter, f"${len(numbers) + 1}")
        text = text.replace(f"%({parameter})s", numbers[parameter])
    any_database.execute(f"PREPARE {name} AS {text}".encode())


def test_the_timeline_is_append_only(store: Store, sql: Sql) -> None:
    """No update, no delete, no truncate, no deletion of an incident under it."""
    called(store)
    for statement in ("UPDATE incident_event SET kind = 'x'", "DELETE FROM incident_event", "TRUNCATE incident_event"):
        with pytest.raises(psycopg.DatabaseError, match="append only"):
            sql(statement)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql("DELETE FROM incident")


@pytest.mark.parametrize("old", STATUSES)
@pytest.mark.parametrize("new", STATUSES)
def test_only_the_drawn_changes_of_status_are_possible(store: Store, sql: Sql, old: str, new: str) -> None:
    """As in docs/states.md, and nothing else, even by hand; each leaves exactly one event."""
    incident_id = (
        talking(store).incident_id if old in ("talking", "suspended") else (connecting if old == "connecting" else called)(store).id
    )
    if old == "suspended":
        sql(f"UPDATE incident SET status = 'suspended', suspended_until = now() WHERE id = {incident_id}")
    if old == "ended":
        store.end_incident(incident_id, EndReason.ABANDONED)
    before = len(kinds(store, incident_id))
    reason = "'abandoned'" if new == "ended" else "NULL"
    offer = f"(SELECT id FROM offer WHERE incident_id = {incident_id} LIMIT 1)"
    if new == "talking" and old == "connecting":
        store.make_offer(incident_id, rungs(store)[0])
        before += 1
    until = "now()" if new == "suspended" else "NULL"
    fields = f"status = '{new}', reason = {reason}, accepted_offer_id = {offer}, suspended_until = {until}"
    change = f"UPDATE incident SET {fields} WHERE id = {incident_id}"
    if old == new or (old, new) in LEGAL:
        sql(change)
        resumed = (old, new) == ("suspended", "connecting")  # both that engineers are called and that the caller is back
        assert len(kinds(store, incident_id)) - before == (old != new) + resumed
    else:
        with pytest.raises(psycopg.DatabaseError) as refused:
            sql(change)
        assert refused.value.sqlstate == "IV001"


def test_who_was_never_accepted_is_not_suspended(store: Store, sql: Sql) -> None:
    """There is nothing to come back to. After an accept there is, also while another engineer is being called."""
    change = "UPDATE incident SET status = 'suspended', suspended_until = now() WHERE id = {}"
    with pytest.raises(psycopg.DatabaseError, match="never accepted"):
        sql(change.format(connecting(store).id))
    incident_id = talking(store).incident_id
    store.engineer_lost(incident_id)
    sql(change.format(incident_id))
    assert store.incident(incident_id).status is IncidentStatus.SUSPENDED


def test_what_was_said_is_on_the_timeline(store: Store, sql: Sql) -> None:
    incident_id = talking(store).incident_id
    sql(f"UPDATE incident SET category = 'trunks', trunk_claim = true, no_charge = true WHERE id = {incident_id}")
    assert kinds(store, incident_id)[-2:] == ["category", "no_charge"]


def test_an_end_is_final(store: Store, sql: Sql) -> None:
    """Neither an incident's reason nor an offer's end is rewritten, even by hand."""
    offer = talking(store)
    store.end_incident(offer.incident_id, EndReason.RESOLVED)
    for statement in ("UPDATE incident SET reason = 'abandoned'", "UPDATE offer SET result = 'busy'", "UPDATE offer SET result = NULL"):
        with pytest.raises(psycopg.DatabaseError) as refused:
            sql(statement)
        assert refused.value.sqlstate == "IV001"


def test_an_incident_begins_open(sql: Sql) -> None:
    """No other status can be inserted."""
    with pytest.raises(psycopg.DatabaseError, match="begins open"):
        sql("INSERT INTO incident (status, reason) VALUES ('ended', 'resolved')")


MOVES = st.lists(st.sampled_from(["connecting", "offer", "accept", "engineer_lost", "end"]), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_no_sequence_of_moves_leads_to_an_illegal_state(store: Store, moves: list[str]) -> None:
    """Whatever is tried in whatever order: the status follows the drawing, or the move is refused and nothing changes."""
    incident = called(store)
    status = IncidentStatus.OPEN
    offer_id = 0
    for move in moves:
        try:
            match move:
                case "connecting":
                    store.connecting(incident.id)
                case "offer":
                    offer_id = store.make_offer(incident.id, rungs(store)[0]).id
                case "accept":
                    store.accept(offer_id, "x")
                case "engineer_lost":
                    store.engineer_lost(incident.id)
                case _:
                    store.end_incident(incident.id, EndReason.ABANDONED)
        except IllegalChange:
            assert store.incident(incident.id).status is status
        new = store.incident(incident.id).status
        assert new is status or (status.value, new.value) in LEGAL
        assert (store.accepted_offer(incident.id) is not None) or new is not IncidentStatus.TALKING
        status = new


def test_making_an_offer_and_ending_it_are_on_the_timeline(store: Store) -> None:
    """With the engineer's name and number, for whoever reads it later."""
    offer = offered(store)
    made = store.report(offer.incident_id).events[-1]
    assert made.detail == {"offer": offer.id, "engineer": "Ann", "phone": "+12025550191"}
