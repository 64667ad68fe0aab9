"""``ivr worker``: the process that does the jobs."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final

from procrastinate import JobContext, PsycopgConnector
from procrastinate.worker import Worker

from ivr import logs, metrics
from ivr.config import Settings
from ivr.jobs import queue
from ivr.node_jobs import own_queue
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

AT_ONCE: Final = 8
"""Jobs that run at the same time: while Stripe is silent each settlement waits, and the sweep must not wait with them."""


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
