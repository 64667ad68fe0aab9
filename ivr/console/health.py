"""Whether this node can take an emergency: asked of the parts themselves, each within its deadline."""

import asyncio
import logging
from dataclasses import asdict, dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool

from ivr.config import Settings
from ivr.errors import HotlineError
from ivr.store import Store

log = logging.getLogger(__name__)

AMI_BANNER: Final = b"Asterisk Call Manager"


@dataclass(frozen=True, slots=True)
class Health:
    """One part: whether it answers, and if not, in what words."""

    ok: bool
    detail: str


async def readiness(settings: Settings, store: Store) -> dict[str, object]:
    """``ready`` and, for each part, ``ok`` and ``detail``. Never raises."""
    database, asterisk = await asyncio.gather(_database(store), _asterisk(settings))
    return {"ready": database.ok and asterisk.ok, "database": asdict(database), "asterisk": asdict(asterisk)}


async def _database(store: Store) -> Health:
    try:
        await run_in_threadpool(store.ping)
    except HotlineError as error:
        log.warning("not ready: %s", error)
        return Health(False, "PostgreSQL does not answer, or has no tables of the hotline")
    return Health(True, "answers")


async def _asterisk(settings: Settings) -> Health:
    """Asterisk greets on its manager port before any login."""
    where = f"{settings.agi_host}:{settings.ami_port}"
    try:
        async with asyncio.timeout(settings.ami_seconds):
            greeting = await _greeting(settings.agi_host, settings.ami_port)
    except (OSError, TimeoutError):
        return Health(False, f"Asterisk's manager interface does not answer on {where}")
    if not greeting.startswith(AMI_BANNER):
        return Health(False, f"what answers on {where} is not Asterisk's manager interface")
    return Health(True, "answers")


async def _greeting(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, limit=1024)
    try:
        return await reader.read(len(AMI_BANNER))
    finally:
        writer.close()
