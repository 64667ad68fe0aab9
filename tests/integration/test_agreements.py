"""Minutes of agreements: who may reserve them, and how many."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ivr.config import Settings
from ivr.errors import IllegalChange
from ivr.model.customer import Coverage, NotCovered
from ivr.model.incident import Cover, EndReason
from ivr.store import Store
from tests.integration.agreements import AGREEMENT, left, talked
from tests.integration.cast import (
    BARE,
    COVERED,
    EXHAUSTED,
    LAPSED,
    NO_EMERGENCIES,
    UNLIMITED,
    called,
    connecting,
    covered,
    held,
    kinds,
)
from tests.integration.conftest import Amend, Sql


@pytest.mark.parametrize(
    ("customer", "expected"),
    [(COVERED, 3600), (EXHAUSTED, 0), (LAPSED, "none"), (NO_EMERGENCIES, "none"), (UNLIMITED, None), (BARE, "none"), (99, "none")],
)
def test_cover_is_a_valid_agreement_for_emergencies(store: Store, customer: int, expected: object) -> None:
    """Seconds left; 0 when exhausted, None when unlimited; no cover without, after, or before the term."""
    coverage = store.coverage(customer)
    assert (coverage.seconds_left if coverage else "none") == expected


@pytest.mark.parametrize(
    ("customer", "why"),
    [
        (COVERED, None), (EXHAUSTED, NotCovered.USED_UP), (LAPSED, NotCovered.OVER), (NO_EMERGENCIES, NotCovered.WITHOUT_EMERGENCIES),
        (UNLIMITED, None), (BARE, None), (99, None),
    ],
)  # fmt: skip
def test_why_an_agreement_does_not_pay(store: Store, customer: int, why: NotCovered | None) -> None:
    """None for who has none at all, and for who is covered."""
    assert store.why_not_covered(customer) is why


def test_less_than_a_minute_is_used_up(store: Store, amend: Amend) -> None:
    first = connecting(store)
    amend("minutes = 2")
    assert covered(store, first.id) == 120
    talked(store, first.id, 61)
    assert left(store) == 59
    assert store.why_not_covered(COVERED) is NotCovered.USED_UP
    assert store.reserve(called(store).id, Coverage(AGREEMENT, 59)) == 0


def test_a_reservation_covers_the_incident_and_is_set_aside(store: Store) -> None:
    """One statement: the incident's cover, its seconds, and what is left for others, one line on the timeline; again it is the same."""
    incident = called(store)
    assert [covered(store, incident.id), store.reserve(incident.id, Coverage(AGREEMENT, 0))] == [3600, 3600]
    now = store.incident(incident.id)
    assert (now.cover, now.seconds_left) == (Cover.AGREEMENT, 3600)
    assert left(store) == 0
    assert kinds(store, incident.id) == ["call_began", "covered"]


def test_one_call_does_not_reserve_it_all(store: Store, amend: Amend) -> None:
    """Two hours at once, so that a second caller of the same customer is covered too."""
    amend("minutes = 200")
    assert covered(store, called(store).id) == 7200
    assert covered(store, called(store).id) == 4800
    assert left(store) == 0


def test_unlimited_is_not_limited(store: Store) -> None:
    incident = called(store)
    assert covered(store, incident.id, UNLIMITED) is None
    assert store.incident(incident.id).seconds_left is None
    assert left(store, UNLIMITED) is None
    assert store.extend_reservation(incident.id, 0) == 0
    assert store.agreement_use(7) is not None


def test_at_once_never_more_than_is_left(store: Store, settings: Settings, amend: Amend) -> None:
    """Fault 28: twenty calls at the same moment, and what they are given together is exactly what was left."""
    amend("minutes = 205")
    incidents = [called(store) for _ in range(20)]
    with (
        Store(settings.model_copy(update={"reserve_minutes": 30, "pool_size": 20, "database_seconds": 10.0})) as many,
        ThreadPoolExecutor(20) as crowd,
    ):
        given = list(crowd.map(lambda incident: many.reserve(incident.id, Coverage(AGREEMENT, 205 * 60)), incidents))
    assert sorted(seconds for seconds in given if seconds) == [25 * 60, *[30 * 60] * 6]
    assert left(store) == 0
    assert [store.incident(one.id).cover for one in incidents] == [Cover.AGREEMENT if seconds else None for seconds in given]


def test_more_at_once_never_more_than_is_left(store: Store, settings: Settings, amend: Amend) -> None:
    """The same for ten talks that are all given more, by two processes each, until there is no more."""
    amend("minutes = 100")
    with (
        Store(settings.model_copy(update={"reserve_minutes": 3, "pool_size": 10, "database_seconds": 10.0})) as many,
        ThreadPoolExecutor(10) as crowd,
    ):
        incidents = [connecting(many).id for _ in range(10)]
        assert [covered(many, one) for one in incidents] == [180] * 10
        for _ in range(4):
            known = [store.incident(one).seconds_left or 0 for one in incidents]
            more = list(crowd.map(many.extend_reservation, incidents * 2, known * 2))
            assert more[:10] == [(store.incident(one).seconds_left or 0) - had for one, had in zip(incidents, known, strict=True)]
            assert set(more) <= set(range(181))
    assert sum(store.incident(one).seconds_left or 0 for one in incidents) == 100 * 60
    assert left(store) == 0


def test_a_call_is_given_more_while_there_is_more(store: Store, amend: Amend) -> None:
    """And uses the first of it first."""
    amend("minutes = 150")
    incident = called(store)
    assert covered(store, incident.id) == 7200
    assert store.extend_reservation(incident.id, 7200) == 1800
    assert store.extend_reservation(incident.id, 7200) == 1800  # another process, a moment later: told, not added
    assert store.incident(incident.id).seconds_left == 9000
    assert store.extend_reservation(incident.id, 9000) == 0
    talked(store, incident.id, 7260)
    assert left(store) == 9000 - 7260


def test_whoever_is_not_covered_is_given_nothing(store: Store) -> None:
    assert store.extend_reservation(called(store).id, 0) == 0
    assert store.extend_reservation(99, 0) == 0
    assert store.reserve(99, Coverage(AGREEMENT, 60)) == 0
    assert store.reserve(called(store).id, Coverage(99, 60)) == 0
    paid = held(store)
    assert store.reserve(paid.incident_id, Coverage(AGREEMENT, 60)) == 0
    ended = called(store)
    store.end_incident(ended.id, EndReason.ABANDONED)
    assert store.reserve(ended.id, Coverage(AGREEMENT, 60)) == 0
    assert left(store) == 3600


def test_after_the_term_a_talk_goes_on_to_what_it_has(store: Store, amend: Amend) -> None:
    """It is given no more, and keeps what it has."""
    amend("minutes = 200")
    incident = called(store)
    covered(store, incident.id)
    amend("ends_at = now() - interval '1 second'")
    assert store.extend_reservation(incident.id, 7200) == 0
    assert store.incident(incident.id).seconds_left == 7200
    assert store.reserve(called(store).id, Coverage(AGREEMENT, 4800)) == 0


def test_an_engineer_who_confirms_late_reserves_for_the_whole_talk(store: Store, amend: Amend) -> None:
    """What was talked before the agreement was known is of its minutes too: they reach for it and a minute more, or none are taken."""
    incident = called(store)
    store.covered(incident.id, Cover.UNPAID)
    talked(store, incident.id, 599.5, None)
    amend("minutes = 10")
    assert covered(store, incident.id) == 0
    assert store.incident(incident.id).cover is Cover.UNPAID
    amend("minutes = 11")
    assert covered(store, incident.id) == 660
    assert store.incident(incident.id).cover is Cover.AGREEMENT


def test_no_cover_without_a_reservation(store: Store, sql: Sql) -> None:
    """A rule of the table, like that reservations stay as they are."""
    with pytest.raises(IllegalChange, match="reserved no minutes"):
        store.covered(called(store).id, Cover.AGREEMENT)
    covered(store, called(store).id)
    for statement in ("UPDATE minute_reservation SET seconds = 1", "DELETE FROM minute_reservation", "TRUNCATE minute_reservation"):
        with pytest.raises(psycopg.DatabaseError, match="stay as they are"):
            sql(statement)


@pytest.mark.parametrize(
    "wrong",
    ["period = 'week'", "zone = ''", "zone = 'x; DROP TABLE'", "increment_minutes = 0", "ends_at = 'infinity'", "starts_at = '-infinity'"],
)
def test_an_agreement_that_could_not_be_counted_is_refused(amend: Amend, wrong: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        amend(wrong)


def test_an_agreement_that_changed_since_it_was_looked_at_is_looked_at_again(store: Store, amend: Amend) -> None:
    """What the caller was about to be promised is not what is reserved then."""
    incident, coverage = called(store), store.coverage(COVERED)
    assert coverage is not None
    amend("minutes = 20")
    assert store.reserve(incident.id, coverage) == 1200
    assert store.incident(incident.id).seconds_left == 1200
