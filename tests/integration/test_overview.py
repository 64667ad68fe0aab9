"""The hotline in figures: what the records count, and how Prometheus reads it."""

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ivr.errors import StoreUnavailable
from ivr.figures import CachedFigures
from ivr.metrics_of_records import RecordsCollector
from ivr.model.incident import EndReason
from ivr.model.offer import OfferEnd
from ivr.records.overview import Figures
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import called, connecting, offered
from tests.integration.conftest import Sql
from tests.integration.paying import consented, prepaid, talked, unpaid


def read(figures: Callable[[], Figures]) -> dict[str, float]:
    """The lines that Prometheus gets, by what stands before the value."""
    registry = CollectorRegistry()
    registry.register(RecordsCollector(CachedFigures(figures, fresh=0.0)))
    lines = generate_latest(registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_an_empty_hotline_says_zero(store: Store) -> None:
    """An alert sees only what changes, so what can be counted is there from the beginning."""
    found = read(store.overview)
    assert found["ivr_records_up"] == 1
    for reason in EndReason:
        assert found[f'ivr_incidents_ended_total{{reason="{reason}"}}'] == 0
    for name in ("ivr_captures_failed_total", "ivr_holds_late", 'ivr_holds{age="over_4d"}', "ivr_jobs_late", "ivr_workers"):
        assert found[name] == 0
    assert found["ivr_seconds_to_engineer_count"] == 0
    assert 'ivr_seconds_to_engineer_bucket{le="+Inf"}' in found


def test_incidents_by_their_ending_and_those_that_go_on(store: Store) -> None:
    store.end_incident(called(store).id, EndReason.ABANDONED)
    store.end_incident(called(store).id, EndReason.ABANDONED)
    called(store)
    connecting(store)
    found = read(store.overview)
    assert found['ivr_incidents_ended_total{reason="abandoned"}'] == 2
    assert (found['ivr_incidents_open{status="open"}'], found['ivr_incidents_open{status="connecting"}']) == (1, 1)


def test_seconds_from_the_9_to_the_engineer(store: Store, sql: Sql) -> None:
    """To the first talk of an incident; who never had one is not in it. Another talk after a drop is no second arrival."""
    again = (
        "INSERT INTO talk (incident_id, offer_id, caller_uniqueid, bridge, started_monotonic, boot_id, began_at) "
        "SELECT incident_id, offer_id, caller_uniqueid, 'again', 1, '', began_at + interval '1 hour' FROM talk WHERE incident_id = %s"
    )
    for waited in (8, 25, 700):
        incident = unpaid(store)
        talked(store, incident.id, 60.0)
        sql(
            "UPDATE talk SET began_at = i.began_at + %s * interval '1 s' FROM incident i WHERE i.id = incident_id AND i.id = %s",
            waited,
            incident.id,
        )
        sql(again, incident.id)
    called(store)
    found = read(store.overview)
    by = {le: found[f'ivr_seconds_to_engineer_bucket{{le="{le}"}}'] for le in ("10", "20", "30", "600", "+Inf")}
    assert by == {"10": 1, "20": 1, "30": 2, "600": 2, "+Inf": 3}
    assert found["ivr_seconds_to_engineer_count"] == 3
    assert found["ivr_seconds_to_engineer_sum"] == pytest.approx(733, abs=0.1)


def test_offers_by_their_end(store: Store) -> None:
    """One that still rings is none."""
    offered(store)
    store.end_offer(offered(store).id, OfferEnd.BUSY)
    found = read(store.overview)
    assert found['ivr_offers_ended_total{end="busy"}'] == 1
    assert sum(value for name, value in found.items() if name.startswith("ivr_offers_ended_total")) == 1


@pytest.mark.parametrize(
    ("age", "bucket"), [("1 minute", "under_1h"), ("2 hours", "under_1d"), ("2 days", "under_4d"), ("5 days", "over_4d")]
)
def test_holds_by_age(store: Store, gateway: StripeGateway, sql: Sql, age: str, bucket: str) -> None:
    """Until they are captured or released."""
    hold = prepaid(store, gateway)
    sql("UPDATE hold SET created_at = now() - %s::interval", age)
    found = read(store.overview)
    assert {name: value for name, value in found.items() if name.startswith("ivr_holds{") and value} == {f'ivr_holds{{age="{bucket}"}}': 1}
    assert found['ivr_held_cents{currency="USD"}'] == hold.amount_cents
    assert found["ivr_holds_late"] == 0


def test_what_is_not_settled_long_after_the_end_is_late(store: Store, gateway: StripeGateway, sql: Sql) -> None:
    hold = prepaid(store, gateway)
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    assert read(store.overview)["ivr_holds_late"] == 0
    sql("UPDATE incident SET ended_at = now() - interval '11 minutes'")
    assert read(store.overview)["ivr_holds_late"] == 1


def test_a_hold_that_lapsed_is_a_failed_capture(store: Store, gateway: StripeGateway) -> None:
    hold = prepaid(store, gateway)
    store.hold_expired(hold.id)
    found = read(store.overview)
    assert (found["ivr_captures_failed_total"], found['ivr_holds{age="under_1h"}']) == (1, 0)


def test_debts_and_messages(store: Store, sql: Sql) -> None:
    """Those that wait for somebody."""
    incident = unpaid(store)
    talked(store, incident.id, 60.0)
    store.add_debt(incident.id, 100, "USD", "unpaid")
    sql("INSERT INTO message (incident_id, node, request) VALUES (%s, 'here', gen_random_uuid())", incident.id)
    found = read(store.overview)
    assert (found['ivr_debts{reason="unpaid"}'], found["ivr_messages_unheard"]) == (1, 1)


def test_jobs_that_are_due_for_long(store: Store, sql: Sql) -> None:
    """By when they were queued, or by when they were to run; not those that are to run later."""
    store.defer("settle", incident_id=consented(store).id)
    assert (read(store.overview)["ivr_jobs_late"], read(store.overview)['ivr_jobs{status="todo"}']) == (0, 1)
    sql("UPDATE procrastinate_events SET at = now() - interval '90 s'")
    assert read(store.overview)["ivr_jobs_late"] == 1
    assert read(store.overview)["ivr_jobs_late_seconds"] == pytest.approx(90, abs=5)
    sql("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 s'")
    assert read(store.overview)["ivr_jobs_late"] == 0
    assert read(store.overview)["ivr_jobs_late_seconds"] == 0


def test_a_worker_is_alive_while_its_heart_beats(store: Store, sql: Sql) -> None:
    sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert read(store.overview)["ivr_workers"] == 1
    sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    assert read(store.overview)["ivr_workers"] == 0


def test_without_records_there_is_only_that() -> None:
    """Old figures would hide that nobody counts."""

    def away() -> Figures:
        raise StoreUnavailable("away")

    assert read(away) == {"ivr_records_up": 0}


def test_the_records_are_asked_once_in_a_while() -> None:
    """However often Prometheus and a load balancer ask; also while they are away."""
    asked: list[int] = []

    def away() -> Figures:
        asked.append(1)
        raise StoreUnavailable("away")

    figures = CachedFigures(away, fresh=60.0)
    assert [figures.now(), figures.now()] == [None, None]
    assert asked == [1]
