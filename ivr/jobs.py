"""``ivr worker``: jobs that run beside the calls. Their queue is in PostgreSQL, by procrastinate."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from ivr import logs, message_files, metrics, pager, reconcile, settlement
from ivr.config import Settings
from ivr.errors import NotYet, StripeRefused, SwitchboardDown, Unavailable
from ivr.model import Occasion
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from ivr.sweep import GRACE, abandoned_because, end_reason, may_come_back
from ivr.switchboard import Switchboard

log = logging.getLogger(__name__)

EVERY_MINUTE: Final = "* * * * *"
EVERY_HOUR: Final = "7 * * * *"
AT_ONCE: Final = 8
"""Jobs that run at the same time: while Stripe is silent each settlement waits, and the sweep must not wait with them."""
FIRST: Final = 10
"""Priority of what must not wait behind settlements that wait for Stripe."""

queue: Final = App(connector=PsycopgConnector())
"""The tasks. Nothing connects before :func:`work`."""


class Patience(BaseRetryStrategy):
    """Soon again while a meter is late; ever more rarely while something outside is away; never what was refused.

    What is given up, the reconciler queues again."""

    MOST: Final = 50

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Seconds: 2 each time, or 2, 4, 8 … 300."""
        if job.attempts >= self.MOST or not isinstance(exception, (NotYet, Unavailable)):
            return None
        patience = 2 if isinstance(exception, NotYet) else min(2 ** (min(job.attempts, 8) + 1), 300)
        return RetryDecision(retry_in={"seconds": patience})


@queue.task(name="ivr:sweep", priority=FIRST, pass_context=True)
def sweep(context: JobContext, timestamp: int) -> None:
    """End what a killed process left behind, each minute, on each node. Raises StoreUnavailable: the next minute tries again."""
    store, _ = _tools(context)
    given = _settings(context)
    live = live_channels(given)
    if live is not None:
        store.beat()  # also with every serve of this node down: its talks go on
    sweep_once(store, live, given.resume_seconds)


@queue.periodic(cron=EVERY_MINUTE)
@queue.task(name="ivr:retry_stalled", queueing_lock="retry_stalled", priority=FIRST, pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Queue again the jobs whose worker was killed: they would stay "doing" for ever."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=60):
        log.warning("job %s (%s) was left by a killed worker: queued again", job.id, job.task_name)
        await manager.retry_job(job)


@queue.task(name="ivr:settle", retry=Patience(), pass_context=True)
def settle(context: JobContext, incident_id: int) -> None:
    """Capture or release what an ended incident holds. Deferred by the statement that ends it (``sql/migrations/0006-money-rules.sql``)."""
    settlement.settle(*_tools(context), incident_id)


@queue.task(name="ivr:end_window", retry=Patience(), priority=FIRST, pass_context=True)
def end_window(context: JobContext, incident_id: int) -> None:
    """The caller may have come back in time. Deferred by the statement that suspends the incident (``sql/migrations/0016-resume.sql``)."""
    store, _ = _tools(context)
    store.end_windows(incident_id)


@queue.task(name="ivr:look_at", retry=Patience(), pass_context=True)
def look_at(context: JobContext, intent_id: str) -> None:
    """A webhook said that something happened to this payment."""
    reconcile.look_at(*_tools(context), intent_id)


@queue.periodic(cron=EVERY_MINUTE)
@queue.task(name="ivr:reconcile", queueing_lock="reconcile", priority=FIRST, pass_context=True)
def reconcile_minutely(context: JobContext, timestamp: int) -> None:
    """Queue what is not settled, and look at the payments of the last two hours."""
    _reconcile(context, timedelta(hours=2))


@queue.task(name="ivr:page", retry=Patience(), priority=FIRST, pass_context=True)
def page(context: JobContext, incident_id: int, occasion: str, engineers: list[int]) -> None:
    """Tell people on duty, beside the phone, what an incident needs."""
    pager.send(_settings(context), _tools(context)[0], incident_id, Occasion(occasion), engineers)


@queue.task(name="ivr:messages", priority=FIRST, pass_context=True)
def measure_messages(context: JobContext, timestamp: int) -> None:
    """Take in what was recorded on this node's disk when a killed process could not. Raises StoreUnavailable: next minute again."""
    message_files.take_in_leftovers(_settings(context), _tools(context)[0])


@queue.periodic(cron=EVERY_HOUR)
@queue.task(name="ivr:reconcile_deeply", queueing_lock="reconcile_deeply", pass_context=True)
def reconcile_hourly(context: JobContext, timestamp: int) -> None:
    """The same for every payment that Stripe may still hold (7 days at most), and an alarm for those that will lapse."""
    _reconcile(context, timedelta(days=8))
    reconcile.ageing(*_tools(context))


async def told(do: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
    """Around every job: its lines in the log name it and what it is about, and it is counted."""
    job, task, end = context.job, context.job.task_name.removeprefix("ivr:"), "failed"
    try:
        with logs.bound(job=job.id, task=task, **logs.job_ids(job.task_kwargs)):
            done = await do()
        end = "done"
        return done
    finally:
        metrics.JOBS.labels(task, end).inc()


def _reconcile(context: JobContext, past: timedelta) -> None:
    """Never fails: the next run comes by itself, and what is wrong outside is in the log."""
    store, gateway = _tools(context)
    try:
        if _settings(context).stripe_key is None:
            reconcile.queue_unsettled(store, partial(_queue, store), reconcile.GRACE)
        else:
            reconcile.reconcile_once(store, gateway, partial(_queue, store), grace=reconcile.GRACE, since=datetime.now(UTC) - past)
    except Unavailable as away:
        log.warning("not reconciled: %s", away)
    except StripeRefused as refused:
        log.error("not reconciled: %s", refused)


def _queue(store: Store, incident_id: int) -> None:
    store.defer("settle", incident_id=incident_id)


def _tools(context: JobContext) -> tuple[Store, StripeGateway]:
    """The records and the gateway of this worker."""
    return context.additional_context["store"], context.additional_context["gateway"]


def _settings(context: JobContext) -> Settings:
    given: Settings = context.additional_context["settings"]
    return given


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


def own_queue(node: str) -> str:
    """The queue of what this node's worker alone can do, because it looks at its own Asterisk and its own disk; filled each minute."""
    name = f"node {node}"
    registry = queue.periodic_registry
    registry.periodic_tasks = {key: periodic for key, periodic in registry.periodic_tasks.items() if key[1] == ""}
    for task in (sweep, measure_messages):
        registry.register_task(task, EVERY_MINUTE, node, {"queue": name, "queueing_lock": f"{task.name} {node}", "priority": FIRST})
    return name


def main(given: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish the running jobs."""
    metrics.listen(given, given.metrics_worker_port, "IVR_METRICS_WORKER_PORT")
    asyncio.run(work(given))


async def work(given: Settings, *, wait: bool = True) -> None:
    """Run jobs until told to stop or, with ``wait`` false, until none is left that is due."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE, "job"))  # the default has too few for two cores
    connector = PsycopgConnector(conninfo=str(given.database_url), min_size=1, max_size=4, timeout=10)
    with Store(given) as store, closing(StripeGateway(given)) as gateway, queue.replace_connector(connector) as app:
        async with app.open_async():
            await app.run_worker_async(
                queues=["default", own_queue(given.node)],
                delete_jobs="successful",
                shutdown_graceful_timeout=given.drain_seconds,
                listen_notify=True,
                concurrency=AT_ONCE,
                wait=wait,
                worker_middleware=[told],
                additional_context={"settings": given, "store": store, "gateway": gateway},
            )
