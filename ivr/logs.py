"""The log of a process: one line an event, JSON for machines or text for people, with the ids of the call that it is about.

Everybody writes by the standard library's ``logging``, libraries too; what is written here is what all of their lines pass through.
The ids stand in context variables: bound at the start of a script, a job, a hang-up; for the manager's events the event itself.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars
from structlog.typing import EventDict, Processor

from ivr.config import Settings
from ivr.redaction import redact

__all__ = ["bind", "bound", "hears", "ids", "start"]

log = logging.getLogger(__name__)

bind = bind_contextvars
"""``bind(call=…, incident=…)``: on every line of this thread or task from now on. A new thread begins without any."""

bound = bound_contextvars
"""The same for a ``with`` block; afterwards the ids are what they were."""

ids = get_contextvars
"""What is bound here."""

_event: ContextVar[Mapping[str, str] | None] = ContextVar("event", default=None)
_INCIDENT: Final = re.compile(r"\bincident (\d{1,12})\b")
_OURS: Final = frozenset({"time", "level", "logger"})
_TASK_IDS: Final = {"incident_id": "incident", "intent_id": "intent"}


def start(given: Settings) -> None:
    """All lines of this process go to the standard error in ``IVR_LOG_FORMAT`` from now on, from ``IVR_LOG_LEVEL`` up."""
    as_text = given.log_format == "text" or (given.log_format == "auto" and sys.stderr.isatty())
    handler = _Handler()
    handler.setFormatter(formatter(as_text=as_text))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(given.log_level)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def formatter(*, as_text: bool) -> logging.Formatter:
    """How a record becomes a line."""
    chain: list[Processor] = [structlog.contextvars.merge_contextvars, _of_an_event, _of_a_job, _of_its_text, _named]
    ending: list[Processor] = [structlog.processors.format_exc_info, _without_secrets]
    renderer: Processor = _text if as_text else structlog.processors.JSONRenderer(ensure_ascii=False)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=chain, processors=[remove, *ending, renderer])


def hears(event: Mapping[str, str] | None) -> None:
    """This thread takes in an event of Asterisk's manager: lines name its leg. Costs nothing until a line is written."""
    _event.set(event)


def job_ids(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The ids among a job's arguments."""
    return {ours: arguments[name] for name, ours in _TASK_IDS.items() if name in arguments}


class _Handler(logging.StreamHandler[Any]):
    """The standard error. A line that can't be written is said to be so, without what stood in it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        try:
            self.stream.write(f'{{"level": "error", "logger": "{__name__}", "event": "a line of {record.name} could not be written"}}\n')
        except (OSError, ValueError):  # there is nobody left to tell
            return


def _named(logger: logging.Logger, method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    moment = datetime.fromtimestamp(record.created, UTC)
    head = {"time": moment.isoformat(timespec="milliseconds"), "level": record.levelname.lower(), "logger": record.name}
    return head | dict(event)


def _of_an_event(logger: logging.Logger, method: str, event: EventDict) -> EventDict:
    """What the manager's thread is hearing."""
    heard = _event.get()
    if heard:
        for name, header in (("call", "Uniqueid"), ("ami_event", "Event")):
            if heard.get(header):
                event.setdefault(name, heard[header])
    return event


def _of_a_job(logger: logging.Logger, method: str, event: EventDict) -> EventDict:
    """What the queue's own lines are about."""
    job = getattr(event["_record"], "job", None)
    if isinstance(job, Mapping):
        for name, value in {"job": job.get("id"), **job_ids(job.get("task_kwargs") or {})}.items():
            if value is not None:
                event.setdefault(name, value)
    return event


def _of_its_text(logger: logging.Logger, method: str, event: EventDict) -> EventDict:
    """A line that says "incident 1001" is about that incident."""
    if event.get("incident") is None and (found := _INCIDENT.search(str(event["event"]))):
        event["incident"] = int(found[1])
    return event


def _without_secrets(logger: logging.Logger, method: str, event: EventDict) -> EventDict:
    return {name: value if name in _OURS else redact(value, name) for name, value in event.items() if value is not None}


def _text(logger: logging.Logger, method: str, event: EventDict) -> str:
    """``2026-11-23 12:28:41,123 ERROR ivr.server: …`` in local time, then the ids."""
    moment = datetime.fromisoformat(event.pop("time")).astimezone()
    head = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03} {event.pop('level').upper()} {event.pop('logger')}"
    said, trace = event.pop("event"), event.pop("exception", None)
    about = "".join(f" {name}={value}" for name, value in event.items())
    return f"{head}: {said}{about}" + (f"\n{trace}" if trace else "")


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("this process ends by an error that nobody expected", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and given.exc_type is not SystemExit:
        name = given.thread.name if given.thread else "?"
        log.critical("the thread %s ended by an error that nobody expected", name, exc_info=given.exc_value)
