"""The jobs that run beside the calls. Their queue is in PostgreSQL, by procrastinate; :mod:`ivr.worker` does them."""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from ivr import pager, reconcile, settlement
from ivr.config import Settings
from ivr.errors import NotYet, StripeRefused, Unavailable
from ivr.model.report import Occasion
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

log = logging.getLogger(__name__)

EVERY_MINUTE: Final = "* * * * *"
EVERY_HOUR: Final = "7 * * * *"
FIRST: Final = 10
"""Priority of what must not wait behind settlements that wait for Stripe."""

queue: Final = App(connector=PsycopgConnector())
"""The tasks. Nothing connects before :func:`ivr.worker.work`."""


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
    settlement.settle(*tools(context), incident_id)


@queue.task(name="ivr:end_window", retry=Patience(), priority=FIRST, pass_context=True)
def end_window(context: JobContext, incident_id: int) -> None:
    """The caller may have come back in time. Deferred by the statement that suspends the incident (``sql/migrations/0016-resume.sql``)."""
    store, _ = tools(context)
    store.end_windows(incident_id)


@queue.task(name="ivr:look_at", retry=Patience(), pass_context=True)
def look_at(context: JobContext, intent_id: str) -> None:
    """A webhook said that something happened to this payment."""
    reconcile.look_at(*tools(context), intent_id)


@queue.periodic(cron=EVERY_MINUTE)
@queue.task(name="ivr:reconcile", queueing_lock="reconcile", priority=FIRST, pass_context=True)
def reconcile_minutely(context: JobContext, timestamp: int) -> None:
    """Queue what is not settled, and look at the payments of the last two hours."""
    _reconcile(context, timedelta(hours=2))


@queue.periodic(cron=EVERY_HOUR)
@queue.task(name="ivr:reconcile_deeply", queueing_lock="reconcile_deeply", pass_context=True)
def reconcile_hourly(context: JobContext, timestamp: int) -> None:
    """The same for every payment that Stripe may still hold (7 days at most), and an alarm for those that will lapse."""
    _reconcile(context, timedelta(days=8))
    reconcile.ageing(*tools(context))


@queue.task(name="ivr:page", retry=Patience(), priority=FIRST, pass_context=True)
def page(context: JobContext, incident_id: int, occasion: str, engineers: list[int]) -> None:
    """Tell people on duty, beside the phone, what an incident needs."""
    pager.send(settings_of(context), tools(context)[0], incident_id, Occasion(occasion), engineers)


def tools(context: JobContext) -> tuple[Store, StripeGateway]:
    """The records and the gateway of this worker."""
    return context.additional_context["store"], context.additional_context["gateway"]


def settings_of(context: JobContext) -> Settings:
    given: Settings = context.additional_context["settings"]
    return given


def _reconcile(context: JobContext, past: timedelta) -> None:
    """Never fails: the next run comes by itself, and what is wrong outside is in the log."""
    store, gateway = tools(context)
    try:
        if settings_of(context).stripe_key is None:
            reconcile.queue_unsettled(store, partial(_queue, store), reconcile.GRACE)
        else:
            reconcile.reconcile_once(store, gateway, partial(_queue, store), grace=reconcile.GRACE, since=datetime.now(UTC) - past)
    except Unavailable as away:
        log.warning("not reconciled: %s", away)
    except StripeRefused as refused:
        log.error("not reconciled: %s", refused)


def _queue(store: Store, incident_id: int) -> None:
    store.defer("settle", incident_id=incident_id)
