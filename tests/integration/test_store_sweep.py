"""The sweep and the worker that runs it, on real rows."""

import signal
import subprocess
import sys
from time import monotonic, sleep

from ivr.config import Settings
from ivr.jobs import EVERY_MINUTE, queue
from ivr.model.incident import EndReason
from ivr.model.offer import OfferEnd
from ivr.node_jobs import live_channels, own_queue, sweep_once
from ivr.store import Store
from tests.integration.administering import ROOT, environment
from tests.integration.cast import called, connecting, kinds, offered, talking
from tests.integration.conftest import Sql
from tests.integration.fake_asterisk import FakeManager

WINDOW = 900
"""Seconds that a caller may come back."""


def hours_pass(sql: Sql) -> None:
    """Everything recorded so far happened an hour ago."""
    for table, columns in {
        "incident": ("began_at", "ended_at"),
        "incident_event": ("at",),
        "leg": ("began_at", "ended_at"),
        "talk": ("began_at", "checkpoint_at", "ended_at"),
    }.items():
        sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # the rules hold also against tests
        sql(f"UPDATE {table} SET " + ", ".join(f"{column} = {column} - interval '1 hour'" for column in columns))
        sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_a_call_in_progress_is_left_alone(store: Store) -> None:
    """Fresh ones, with Asterisk's word and without."""
    called(store)
    talking(store)
    assert sweep_once(store, frozenset(), WINDOW) == []
    assert sweep_once(store, None, WINDOW) == []


def test_a_killed_process_leaves_nothing_open_for_ever(store: Store, sql: Sql) -> None:
    """No such channel any more and no sign of life: ended, with a line that says so; talk, offer and legs are closed."""
    offer = talking(store)
    talk = store.talk_began(offer.uniqueid, "c.1", "b", 1.0)
    store.talk_checkpoint(talk, 42.0)
    ringing = offered(store)
    hours_pass(sql)
    assert sweep_once(store, None, WINDOW) == []
    assert sweep_once(store, frozenset(), WINDOW) == [offer.incident_id, ringing.incident_id]
    assert store.incident(offer.incident_id).reason is EndReason.ENGINEER_LOST  # nobody knows that the caller hung up
    assert store.incident(ringing.incident_id).reason is EndReason.ABANDONED
    assert "swept" in kinds(store, offer.incident_id)
    hours_pass(sql)
    assert sweep_once(store, frozenset(), WINDOW) == []
    assert store.open_talks() == []
    assert store.talked_seconds(offer.incident_id) == 42.0
    assert store.offer(ringing.id).end is OfferEnd.CALLER_GONE
    assert sql("SELECT count(*) FROM leg WHERE ended_at IS NULL") == [(0,)]


def test_a_caller_on_the_line_is_never_swept(store: Store, sql: Sql) -> None:
    """However long the process has been silent: the restarted one goes on with the call."""
    incident = called(store, "living.1")
    hours_pass(sql)
    assert sweep_once(store, frozenset({"living.1"}), WINDOW) == []
    assert store.incident(incident.id).reason is None


def test_a_caller_who_hung_up_while_no_process_listened_is_swept(store: Store, sql: Sql) -> None:
    """The leg's end was recorded, the incident's was not; the flow has half a minute to do it itself."""
    incident = connecting(store)
    store.end_leg(store.unfinished(0)[0].caller_uniqueids[0], 16)
    assert sweep_once(store, None, WINDOW) == []
    hours_pass(sql)
    assert sweep_once(store, None, WINDOW) == [incident.id]


def test_without_asterisk_nobody_knows(settings: Settings) -> None:
    """None, not "no channels"."""
    assert live_channels(settings.model_copy(update={"ami_port": 1, "ami_seconds": 0.3})) is None


def test_asterisk_is_asked_who_is_on_the_line(settings: Settings) -> None:
    """The uniqueids of its channels, over its manager interface."""
    with FakeManager() as asterisk:
        asterisk.replies["Status"] = lambda action: [
            {"Response": "Success", "EventList": "start"},
            {"Event": "Status", "Channel": "PJSIP/carrier-1", "Uniqueid": "living.1"},
            {"Event": "StatusComplete", "EventList": "Complete", "Items": "1"},
        ]
        assert live_channels(settings.model_copy(update={"ami_port": asterisk.port})) == frozenset({"living.1"})


def test_the_sweep_and_the_look_for_stalled_jobs_are_due_each_minute() -> None:
    """Whoever was left waits a minute at most."""
    own_queue("a")
    due = {task.task.name: task.cron for task in queue.periodic_registry.periodic_tasks.values()}
    assert (due["ivr:sweep"], due["ivr:retry_stalled"]) == (EVERY_MINUTE, EVERY_MINUTE) == ("* * * * *", "* * * * *")


def test_the_worker_sweeps_and_stops_when_told(store: Store, settings: Settings, sql: Sql) -> None:
    """What was due before it came is done at once: the incident is ended, and a job that a killed worker held is run again.

    Started after the rows are old, so that its first sweep sees them. SIGTERM ends it with 0.
    """
    incident = connecting(store)
    store.end_leg(store.unfinished(0)[0].caller_uniqueids[0], 16)
    hours_pass(sql)
    sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
        " SELECT 'default', 'ivr:sweep', 'doing', w.worker_id FROM procrastinate_register_worker_v1() w"
    )
    sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    variables = environment(settings, PYTHONPATH=str(ROOT), IVR_AMI_PORT="1", IVR_AMI_SECONDS="0.3", IVR_DATABASE_SECONDS="10")
    worker = subprocess.Popen([sys.executable, "-m", "ivr", "worker"], env=variables, cwd="/")
    try:
        until = monotonic() + 75
        while store.incident(incident.id).reason is None or sql("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'"):
            assert monotonic() < until
            assert worker.poll() is None
            sleep(0.2)
    finally:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
