"""``ivr worker``: jobs that run beside the calls. Their queue is in PostgreSQL, by procrastinate."""

import asyncio
import logging
from typing import Final

from procrastinate import App, Blueprint, JobContext, PsycopgConnector

from ivr.config import Settings, settings
from ivr.errors import SwitchboardDown
from ivr.store import Store
from ivr.sweep import GRACE, abandoned_because, end_reason
from ivr.switchboard import Switchboard

log = logging.getLogger(__name__)

EVERY_MINUTE: Final = "* * * * *"
tasks: Final = Blueprint()


@tasks.periodic(cron=EVERY_MINUTE)
@tasks.task(name="sweep", queueing_lock="sweep")
def sweep(timestamp: int) -> None:
    """End what a killed process left behind, each minute. Raises StoreUnavailable: the next minute tries again."""
    with Store(settings()) as store:
        sweep_once(store, live_channels(settings()))


@tasks.periodic(cron=EVERY_MINUTE)
@tasks.task(name="retry_stalled", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Queue again the jobs whose worker was killed: they would stay "doing" for ever."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=60):
        log.warning("job %s (%s) was left by a killed worker: queued again", job.id, job.task_name)
        await manager.retry_job(job)


def sweep_once(store: Store, live: frozenset[str] | None) -> list[int]:
    """End every incident that nobody works on any more and close what it left open; the numbers of those ended."""
    swept = []
    for incident in store.unfinished(GRACE):
        why = abandoned_because(incident, live)
        if why is not None:
            store.note(incident.incident_id, "swept", why=why)
            store.end_incident(incident.incident_id, end_reason(incident))
            log.warning("incident %d swept: %s", incident.incident_id, why)
            swept.append(incident.incident_id)
    store.close_leftovers(GRACE)
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


def make_app(given: Settings) -> App:
    """The job queue on the hotline's database."""
    connector = PsycopgConnector(conninfo=str(given.database_url), min_size=1, max_size=4, timeout=10)
    app = App(connector=connector)
    app.add_tasks_from(tasks, namespace="ivr")
    return app


def main(given: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish the running job."""
    asyncio.run(_work(make_app(given), given.drain_seconds))


async def _work(app: App, drain_seconds: float) -> None:
    async with app.open_async():
        await app.run_worker_async(delete_jobs="successful", shutdown_graceful_timeout=drain_seconds, listen_notify=True)
