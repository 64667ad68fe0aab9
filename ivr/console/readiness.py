"""Whether this node can take an emergency: asked of the parts themselves, each within its deadline."""

import asyncio
import logging
from dataclasses import asdict, dataclass

from starlette.concurrency import run_in_threadpool

from ivr.config import Settings
from ivr.errors import HotlineError
from ivr.health_parts import Status, asterisk
from ivr.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """One part: whether it answers, and if not, in what words."""

    ok: bool
    detail: str


async def readiness(settings: Settings, store: Store) -> dict[str, object]:
    """``ready`` and, for each part, ``ok`` and ``detail``. Never raises."""
    database, asterisk = await asyncio.gather(_database(store), _asterisk(settings))
    return {"ready": database.ok and asterisk.ok, "database": asdict(database), "asterisk": asdict(asterisk)}


async def _database(store: Store) -> Answer:
    try:
        await run_in_threadpool(store.ping)
    except HotlineError as error:
        log.warning("not ready: %s", error)
        return Answer(False, "PostgreSQL does not answer, or has no tables of the hotline")
    return Answer(True, "answers")


async def _asterisk(settings: Settings) -> Answer:
    part = await run_in_threadpool(asterisk, settings)
    return Answer(part.status is Status.OK, part.detail)
