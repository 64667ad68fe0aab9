"""Two nodes on one database: neither touches the other's calls, and who was on a lost one goes on at the other, paid once."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr import worker
from ivr.config import Settings
from ivr.heartbeat import Heartbeat
from ivr.jobs import EVERY_MINUTE, queue
from ivr.model.incident import EndReason, IncidentStatus
from ivr.model.offer import Offer
from ivr.node_jobs import own_queue, sweep_once
from ivr.records.nodes import LOST_SECONDS
from ivr.store import Store
from ivr.switchboard import Switchboard
from tests.integration.cast import called, connecting, kinds, offered, talking
from tests.integration.conftest import Sql
from tests.integration.fake_asterisk import FakeManager
from tests.integration.test_store_sweep import hours_pass

NUMBER = "+12025550101"
WINDOW = 900


@pytest.fixture
def here(settings: Settings) -> Iterator[Store]:
    """The records as node "a" sees them; its callers are those of the tests."""
    with Store(settings.model_copy(update={"node": "a"})) as store:
        store.beat()
        yield store


@pytest.fixture
def there(settings: Settings) -> Iterator[Store]:
    """The same records as node "b" sees them."""
    with Store(settings.model_copy(update={"node": "b"})) as store:
        yield store


def silent_for(sql: Sql, seconds: float, node: str = "a") -> None:
    """So long nobody heard of the node."""
    sql(f"UPDATE node SET heard_at = clock_timestamp() - interval '{seconds} seconds' WHERE name = '{node}'")


def in_talk(here: Store) -> tuple[Offer, int]:
    """A caller on node "a" talks with an engineer: 42 seconds so far."""
    offer = talking(here)
    [leg] = here.caller_legs(offer.incident_id)
    talk = here.talk_began(offer.uniqueid, leg, "bridge", 1.0)
    here.talk_checkpoint(talk, 42.0)
    return offer, talk


def may_go_back_to(store: Store, window: int = WINDOW) -> list[int]:
    return [one.incident_id for one in store.suspended_calls("redial.1", NUMBER, window)]


def test_a_meter_goes_on_with_the_talks_of_its_own_node(here: Store, there: Store, sql: Sql) -> None:
    """Two containers on one machine have one boot id: the other's would be ended, for they are not among its channels."""
    _, talk = in_talk(here)
    assert [one.id for one in here.open_talks()] == [talk]
    assert there.open_talks() == []
    sql("UPDATE talk SET node = ''")  # as the version before wrote it
    assert [one.id for one in here.open_talks()] == [talk]


def test_hang_ups_that_nobody_heard_are_looked_for_on_the_own_node(here: Store, there: Store) -> None:
    talking(here)
    assert (len(here.open_legs()), there.open_legs()) == (1, [])


def test_the_sweep_leaves_the_calls_of_another_node_alone_while_it_is_heard_of(here: Store, there: Store, sql: Sql) -> None:
    """Its own channels say nothing about them, however silent they are: a talk needs no process to go on. A lost node's are swept."""
    offer, _ = in_talk(here)
    hours_pass(sql)
    here.beat()
    assert sweep_once(there, frozenset(), WINDOW) == []
    assert there.incident(offer.incident_id).status is IncidentStatus.TALKING
    silent_for(sql, 901)
    assert sweep_once(there, frozenset(), WINDOW) == [offer.incident_id]
    assert there.incident(offer.incident_id).reason is EndReason.ENGINEER_LOST


def test_the_sweep_ends_what_its_own_node_has_left(here: Store, sql: Sql) -> None:
    """Heard of or not: the node itself knows that there is no such channel."""
    offer, _ = in_talk(here)
    hours_pass(sql)
    here.beat()
    assert sweep_once(here, frozenset(), WINDOW) == [offer.incident_id]


def test_a_leg_of_another_node_stays_open_after_the_end_of_its_incident(here: Store, there: Store, sql: Sql) -> None:
    """Its caller may still leave a message there."""
    incident = called(here)
    here.end_incident(incident.id, EndReason.NO_ENGINEER)
    hours_pass(sql)
    here.beat()
    sweep_once(there, frozenset(), WINDOW)
    assert len(here.caller_legs(incident.id)) == 1
    silent_for(sql, 901)
    sweep_once(there, frozenset(), WINDOW)
    assert here.caller_legs(incident.id) == []


def test_who_was_on_a_lost_node_goes_on_at_another(here: Store, there: Store, sql: Sql) -> None:
    """Talk and legs end when the node was last heard of; one incident with two calls, to be settled once."""
    offer, _ = in_talk(here)
    number = offer.incident_id
    assert may_go_back_to(there) == []  # a second call while the first is up
    silent_for(sql, LOST_SECONDS + 1)
    assert may_go_back_to(there) == [number]
    assert there.suspended_calls("redial.1", NUMBER, WINDOW)[0].lost
    assert there.suspend_lost(number, WINDOW)
    assert there.incident(number).status is IncidentStatus.SUSPENDED
    assert there.caller_legs(number) == []
    assert there.resume_call(number, channel="PJSIP/carrier-2", uniqueid="redial.1", caller_id=NUMBER)
    assert there.incident(number).status is IncidentStatus.CONNECTING
    assert (there.talked_seconds(number), there.talk_is_open(number)) == (42.0, False)
    assert [kind for kind in kinds(there, number) if kind in ("node_lost", "suspended", "resumed")] == ["node_lost", "suspended", "resumed"]
    [(late,)] = sql("SELECT max(extract(epoch FROM l.ended_at - n.heard_at)) FROM leg l JOIN node n ON n.name = l.node")
    assert float(late) >= 0
    here.talk_checkpoint(1, 500.0)  # the lost node was only cut off, and comes back with its news
    assert there.talked_seconds(number) == 42.0


def test_what_a_lost_node_has_left_is_not_for_everybody(here: Store, there: Store, sql: Sql) -> None:
    """Another number, no engineer yet, an ending key, a window that is over or switched off, the node itself: nothing to go back to."""
    silent_for(sql, LOST_SECONDS + 1)
    connecting(here)
    offered(here)
    assert may_go_back_to(there) == []
    offer = talking(here)
    assert may_go_back_to(there) == [offer.incident_id]
    assert there.suspended_calls("redial.1", "+12025559999", WINDOW) == []
    assert may_go_back_to(there, window=0) == []
    assert may_go_back_to(here) == []  # it lives, or it has noticed itself what it lost
    silent_for(sql, WINDOW + 1)
    assert may_go_back_to(there) == []
    silent_for(sql, LOST_SECONDS + 1)
    here.set_ending(offer.incident_id, offer.id, EndReason.RESOLVED)
    assert may_go_back_to(there) == []


def test_a_node_that_is_heard_of_again_keeps_its_call(here: Store, there: Store, sql: Sql) -> None:
    """Between the question and the answer: nothing is suspended under a living talk."""
    offer, talk = in_talk(here)
    silent_for(sql, LOST_SECONDS + 1)
    assert may_go_back_to(there) == [offer.incident_id]
    here.beat()
    assert not there.suspend_lost(offer.incident_id, WINDOW)
    assert there.incident(offer.incident_id).status is IncidentStatus.TALKING
    assert [one.id for one in here.open_talks()] == [talk]


def test_two_calls_for_the_same_lost_incident_suspend_it_once(here: Store, there: Store, sql: Sql) -> None:
    offer, _ = in_talk(here)
    silent_for(sql, LOST_SECONDS + 1)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: there.suspend_lost(offer.incident_id, WINDOW), range(4)))
    assert sorted(done) == [False, False, False, True]
    assert kinds(there, offer.incident_id).count("suspended") == 1


def test_a_node_beats_as_long_as_its_asterisk_is_there(settings: Settings, sql: Sql) -> None:
    """A process without an Asterisk beside it is no node that calls could be on."""
    with FakeManager() as manager, Store(settings.model_copy(update={"node": "a"})) as store:
        switchboard = Switchboard(settings.model_copy(update={"ami_port": manager.port}))
        heartbeat = Heartbeat(store, switchboard)
        heartbeat.turn()
        assert sql("SELECT name FROM node") == []
        switchboard.start()
        try:
            assert switchboard.wait_connected(5)
            heartbeat.turn()
            assert sql("SELECT name FROM node") == [("a",)]
        finally:
            switchboard.stop()


def test_what_concerns_one_node_is_done_by_its_own_worker(settings: Settings, sql: Sql) -> None:
    """Messages lie on its disk and channels are its Asterisk's: another node's worker leaves the job alone, however quick it is."""
    assert own_queue("a") == "node a"
    periodic = [queue.periodic_registry.periodic_tasks[name, "a"] for name in ("ivr:sweep", "ivr:messages")]
    assert [(one.cron, one.configure_kwargs["queue"]) for one in periodic] == [(EVERY_MINUTE, "node a")] * 2
    sql(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('node a', 'ivr:messages', 10, NULL, NULL, '{\"timestamp\": 0}', NULL)]"
        "::procrastinate_job_to_defer_v1[])"
    )
    waiting = (  # that job: a minute may begin while a worker runs, and brings another one
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'ivr:messages' AND queue_name = 'node a' AND args = '{\"timestamp\": 0}'"
        " AND status = 'todo'"
    )
    asyncio.run(worker.work(settings.model_copy(update={"node": "b"}), wait=False))
    assert sql(waiting) == [(1,)]
    asyncio.run(worker.work(settings.model_copy(update={"node": "a"}), wait=False))
    assert sql(waiting) == [(0,)]
