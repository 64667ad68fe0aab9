"""Pages to people on duty: sent once, retried with patience, and their addresses, which are secrets, seen nowhere."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from pydantic import SecretStr

from ivr import pager, worker
from ivr.config import Settings
from ivr.embedded.mailbox import Mailbox
from ivr.embedded.polling import wait_until
from ivr.errors import NotPaged, UnknownRecord
from ivr.model.incident import EndReason
from ivr.model.report import Occasion
from ivr.paging import page
from ivr.store import Store
from tests.integration.cast import called, kinds, offered, talking
from tests.integration.conftest import Sql

ANN, BEN = 2, 1
TOKEN = "s3cret-t0ken"


class Moody(Mailbox):
    """A paging service that refuses, or keeps the caller waiting, as often as it is told."""

    refuses = 0
    hangs: Event | None = None

    def keep(self, page: dict[str, Any]) -> None:
        """Raises what becomes a broken connection."""
        if self.hangs is not None:
            self.hangs.wait(10)
        if self.refuses:
            self.refuses -= 1
            raise ConnectionError("moody")
        super().keep(page)

    def handle_error(self, request: object, client_address: object) -> None:
        """Silent."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Moody]:
    with Moody(tmp_path, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def address(service: Moody, name: str) -> str:
    return f"json://user:{TOKEN}@127.0.0.1:{service.server_port}/{name}"


@pytest.fixture
def paging(settings: Settings, service: Moody, store: Store) -> Settings:
    """Everybody has an address, and so has Ann."""
    store.set_page_urls(ANN, [address(service, "ann")])
    everybody = SecretStr(address(service, "everybody"))
    return settings.model_copy(update={"notify_urls": (everybody,), "notify_seconds": 2.0, "ami_seconds": 0.1})


def to(service: Moody) -> list[str]:
    return sorted(page["to"] for page in service.pages())


def until(fact: Callable[[], bool]) -> None:
    assert wait_until(fact, 5)


def work(given: Settings) -> None:
    """The worker until nothing is due."""
    asyncio.run(worker.work(given, wait=False))


def test_everybody_hears_that_nobody_answered(paging: Settings, store: Store, service: Moody) -> None:
    """By a job; the timeline says who was told."""
    incident = called(store)
    store.end_incident(incident.id, EndReason.NO_ENGINEER)
    page(store, incident.id, "nobody")
    work(paging)
    assert to(service) == ["ann", "everybody"]
    assert all(page["title"] == f"Emergency {incident.id}" for page in service.pages())
    assert all("Call back +12025550101." in page["message"] for page in service.pages())
    assert kinds(store, incident.id).count("paged") == 2


def test_ringing_concerns_those_who_are_rung(paging: Settings, store: Store, service: Moody) -> None:
    """A level by name; without names, whoever rings. Nobody else, and nobody twice."""
    store.set_page_urls(BEN, [address(service, "ben")])
    offer = offered(store)
    pager.send(paging, store, offer.incident_id, Occasion.RINGING, [])
    assert to(service) == ["ann"]
    pager.send(paging, store, offer.incident_id, Occasion.RINGING, [ANN, BEN])
    assert to(service) == ["ann", "ben"]


def test_nobody_is_told_to_hurry_when_somebody_has_the_call(paging: Settings, store: Store, service: Moody) -> None:
    """The page that rings late rings for nothing."""
    pager.send(paging, store, talking(store).incident_id, Occasion.RINGING, [ANN])
    assert service.pages() == []


def test_a_retry_pages_only_whom_it_missed(paging: Settings, store: Store, service: Moody) -> None:
    incident, service.refuses = called(store), 1
    with pytest.raises(NotPaged):
        pager.send(paging, store, incident.id, Occasion.NOBODY, [])
    assert len(service.pages()) == 1
    for _ in range(2):
        pager.send(paging, store, incident.id, Occasion.NOBODY, [])
    assert to(service) == ["ann", "everybody"]


def test_a_failed_page_is_tried_again_by_the_worker(paging: Settings, store: Store, service: Moody, sql: Sql) -> None:
    """Later, with patience; the job stays."""
    incident, service.refuses = called(store), 2
    page(store, incident.id, "nobody")
    work(paging)
    found = sql("SELECT status::text, attempts, scheduled_at > now() FROM procrastinate_jobs WHERE task_name = 'ivr:page'")
    assert found == [("todo", 1, True)]
    sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = 'ivr:page'")
    work(paging)
    assert to(service) == ["ann", "everybody"]


def test_two_workers_page_once(paging: Settings, store: Store, service: Moody, sql: Sql) -> None:
    """The one that comes second sees that somebody is at it, and looks again later."""
    incident, service.hangs = called(store), Event()
    first = Thread(target=pager.send, args=(paging, store, incident.id, Occasion.NOBODY, []))
    first.start()
    patient = paging.model_copy(update={"notify_seconds": 0.1})
    until(lambda: sql("SELECT count(*) FROM page") == [(2,)])
    with pytest.raises(NotPaged):
        pager.send(patient, store, incident.id, Occasion.NOBODY, [])
    service.hangs.set()
    first.join()
    pager.send(paging, store, incident.id, Occasion.NOBODY, [])
    assert to(service) == ["ann", "everybody"]


def test_a_silent_service_costs_its_deadline_and_no_other_page(paging: Settings, store: Store, service: Moody, tmp_path: Path) -> None:
    incident = called(store)
    with Moody(tmp_path / "silent", 0) as silent:
        silent.hangs = Event()
        Thread(target=silent.serve_forever, daemon=True).start()
        store.set_page_urls(BEN, [address(silent, "ben")])
        began = monotonic()
        with pytest.raises(NotPaged, match=r"not paged yet: Ben$"):
            pager.send(paging.model_copy(update={"notify_seconds": 1.0}), store, incident.id, Occasion.NOBODY, [])
        assert monotonic() - began < 3.0  # the library itself would wait for four seconds of silence, and for ever if it is fed slowly
        assert to(service) == ["ann", "everybody"]
        silent.hangs.set()
        silent.shutdown()


def test_the_claim_of_a_killed_worker_lapses(paging: Settings, store: Store, service: Moody, sql: Sql) -> None:
    """Fault: killed between the claim and the page."""
    incident = called(store)
    for one in pager._pages(paging, store, incident.id, Occasion.NOBODY, []):
        assert store.claim_page(incident.id, Occasion.NOBODY, one.recipient, one.who, 60)
    with pytest.raises(NotPaged):
        pager.send(paging, store, incident.id, Occasion.NOBODY, [])
    sql("UPDATE page SET claimed_until = now() - interval '1 second'")
    pager.send(paging, store, incident.id, Occasion.NOBODY, [])
    assert to(service) == ["ann", "everybody"]


def test_an_address_is_written_nowhere(
    paging: Settings, store: Store, service: Moody, sql: Sql, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in a log at any level, not in a job, a page's row, the timeline or an error; also when it is wrong, or its service fails."""
    caplog.set_level(logging.DEBUG)
    incident, service.refuses = called(store), 1
    wrong = (f"nosuch://{TOKEN}/x", f"json://{TOKEN}:99999999/", f"mailto://{TOKEN}")
    bad = paging.model_copy(update={"notify_urls": (*paging.notify_urls, *map(SecretStr, wrong))})
    page(store, incident.id, "nobody")
    work(bad)
    with pytest.raises(NotPaged) as error:
        pager.send(bad, store, incident.id, Occasion.NOBODY, [])
    rows = [sql(f"SELECT {table}::text FROM {table}") for table in ("procrastinate_jobs", "procrastinate_events", "page", "incident_event")]
    out, err = capfd.readouterr()
    for text in (
        caplog.text,
        str(rows),
        str(error.value),
        out,
        err,
        repr(bad),
        repr(pager._pages(bad, store, incident.id, Occasion.NOBODY, [])),
    ):
        assert TOKEN not in text
    assert to(service) == ["ann", "everybody"]


def test_the_call_goes_on_when_nobody_can_be_paged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Fault 8: the records are away; an alarm and no exception."""
    with Store(settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none", "database_seconds": 0.2})) as away:
        page(away, 1001, "nobody")
    assert "nobody is paged about incident 1001" in caplog.text


def test_an_unknown_incident_or_engineer_is_refused(paging: Settings, store: Store) -> None:
    with pytest.raises(UnknownRecord):
        pager.send(paging, store, 4711, Occasion.NOBODY, [])
    with pytest.raises(UnknownRecord):
        store.set_page_urls(4711, [])


def test_a_page_that_was_sent_stays_sent(paging: Settings, store: Store, service: Moody, sql: Sql) -> None:
    """Also against its own administrator."""
    incident = called(store)
    pager.send(paging, store, incident.id, Occasion.NOBODY, [])
    with pytest.raises(Exception, match="was sent"):
        sql("UPDATE page SET sent_at = NULL")
