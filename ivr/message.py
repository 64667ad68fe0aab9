"""Nobody answered: everybody on duty is paged, the incident is over, and the caller may leave a message."""

import logging
from typing import Final

from ivr import channel_variables as variables
from ivr import message_files, paging, spoken
from ivr.ending import goodbye
from ivr.errors import AsteriskFault, CallerGone
from ivr.hotline import Hotline
from ivr.model.incident import EndReason, Incident
from ivr.model.report import Message, Occasion
from ivr.phone import Phone

log = logging.getLogger(__name__)

SILENCE_SECONDS: Final = 10
"""A message is over after so much silence."""


def leave_message(
    hotline: Hotline, phone: Phone, incident: Incident, reason: EndReason = EndReason.NO_ENGINEER, *, asked_for: bool = False
) -> None:
    """End the incident for ``reason``, page everybody, record what the caller says after the tone, and say goodbye.

    ``asked_for``: the caller pressed the key for it, so nobody apologises. Pages, end and the message's row come first: whoever hangs up at
    any moment after that is called back. Raises CallerGone, when what was said until then is safe.
    """
    paging.page(hotline.store, incident.id, Occasion.NOBODY)
    hotline.store.end_incident(incident.id, reason)
    message = hotline.store.begin_message(incident.id)
    seconds = _recorded(hotline, phone, message, () if asked_for else _apology(incident, reason))
    if reason is EndReason.NO_ENGINEER:
        phone.play("message_kept" if seconds else "message_empty")
        return phone.set(variables.DONE, "1")
    return goodbye(hotline, phone, incident, reason)  # an engineer was there: it may cost something


def _apology(incident: Incident, reason: EndReason) -> tuple[str, ...]:
    """The goodbye of an incident that an engineer had says it all."""
    if reason is not EndReason.NO_ENGINEER:
        return ()
    return ("no_engineer", "nothing_due", "incident_number", *spoken.digits(str(incident.id)))


def _recorded(hotline: Hotline, phone: Phone, message: Message, apology: tuple[str, ...]) -> float:
    """How many seconds the caller said; 0 when they said nothing, or nothing could be recorded. Raises CallerGone."""
    folder = hotline.settings.messages_folder
    try:
        phone.play(*apology, "leave_message")
        path = message_files.make(folder, message.file)
        phone.record(path.with_suffix(""), seconds=hotline.settings.message_seconds, silence=SILENCE_SECONDS)
    except CallerGone:
        message_files.take_in(hotline.store, folder, message)
        raise
    except (OSError, AsteriskFault) as fault:
        log.error("message %s cannot be recorded: %s", message.file, fault)
    return message_files.take_in(hotline.store, folder, message)
