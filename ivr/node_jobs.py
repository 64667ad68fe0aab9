"""Jobs about one node: its worker alone can do them, because they look at its own Asterisk and its own disk."""

import logging

from procrastinate import JobContext

from ivr import message_files
from ivr.config import Settings
from ivr.errors import SwitchboardDown
from ivr.jobs import EVERY_MINUTE, FIRST, queue, settings_of, tools
from ivr.store import Store
from ivr.sweep import GRACE, abandoned_because, end_reason, may_come_back
from ivr.switchboard import Switchboard

log = logging.getLogger(__name__)


@queue.task(name="ivr:sweep", priority=FIRST, pass_context=True)
def sweep(context: JobContext, timestamp: int) -> None:
    """End what a killed process left behind, each minute, on each node. Raises StoreUnavailable: the next minute tries again."""
    store, _ = tools(context)
    given = settings_of(context)
    live = live_channels(given)
    if live is not None:
        store.beat()  # also with every serve of this node down: its talks go on
    sweep_once(store, live, given.resume_seconds)


@queue.task(name="ivr:messages", priority=FIRST, pass_context=True)
def measure_messages(context: JobContext, timestamp: int) -> None:
    """Take in what was recorded on this node's disk when a killed process could not. Raises StoreUnavailable: next minute again."""
    message_files.take_in_leftovers(settings_of(context), tools(context)[0])


def own_queue(node: str) -> str:
    """The queue of this node's jobs, filled each minute; its name."""
    name = f"node {node}"
    registry = queue.periodic_registry
    registry.periodic_tasks = {key: periodic for key, periodic in registry.periodic_tasks.items() if key[1] == ""}
    for task in (sweep, measure_messages):
        registry.register_task(task, EVERY_MINUTE, node, {"queue": name, "queueing_lock": f"{task.name} {node}", "priority": FIRST})
    return name


def sweep_once(store: Store, live: frozenset[str] | None, window: int) -> list[int]:
    """End every incident that nobody works on any more and close what it left open; the numbers of those ended.

    ``window``: seconds from the end of their leg that a caller has to come back. What was suspended for that long is ended, too."""
    swept = []
    for incident in store.unfinished(GRACE):
        why = abandoned_because(incident, live)
        if why is None or (window and may_come_back(incident) and store.suspend(incident.incident_id, window)):
            continue
        store.note(incident.incident_id, "swept", why=why)
        store.end_incident(incident.incident_id, end_reason(incident))
        log.warning("incident %d swept: %s", incident.incident_id, why)
        swept.append(incident.incident_id)
    swept += store.end_windows()
    store.close_leftovers(GRACE, live)
    return swept


def live_channels(given: Settings) -> frozenset[str] | None:
    """Uniqueids of all channels of this node's Asterisk; None when it does not answer."""
    switchboard = Switchboard(given)
    switchboard.start()
    try:
        switchboard.wait_connected(given.ami_seconds)
        return frozenset(switchboard.channels())
    except SwitchboardDown:
        return None
    finally:
        switchboard.stop()
