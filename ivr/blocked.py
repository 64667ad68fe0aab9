"""Callers whom an administrator has blocked (``ivr block``)."""

import logging

from ivr import channel_variables as variables
from ivr.errors import StoreUnavailable
from ivr.hotline import Hotline
from ivr.identify import number_of
from ivr.model.incident import EndReason, Incident
from ivr.phone import Phone

log = logging.getLogger(__name__)


def is_blocked(hotline: Hotline, phone: Phone) -> bool:
    """Whether this phone may not use the emergency line. A hidden number never is, nor is anybody when the records do not say."""
    number = number_of(hotline, phone)
    try:
        return number is not None and hotline.store.is_blocked(number)
    except StoreUnavailable as error:
        log.error("nobody knows whether %s is blocked, so the call goes on: %s", number, error)
        return False


def turn_away(hotline: Hotline, phone: Phone, incident: Incident) -> None:
    """Say where to go instead, and let the dialplan hang up."""
    hotline.store.note(incident.id, "blocked")
    hotline.store.end_incident(incident.id, EndReason.REFUSED)
    phone.play("caller_blocked")
    phone.set(variables.DONE, "1")
