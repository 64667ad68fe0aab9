"""Phones that a killed process left ringing. Whoever rang them is gone, and so may be the caller, to the failsafe phones."""

import logging
from collections.abc import Mapping
from typing import Final

from ivr import logs
from ivr.errors import HotlineError
from ivr.hotline import Hotline
from ivr.model.offer import OfferEnd
from ivr.talking import OFFER_PREFIX

log = logging.getLogger(__name__)

_WAITS_IN: Final = "ess"
"""The dialplan's context of a caller for whom a script still looks for an engineer."""

Channels = Mapping[str, Mapping[str, str]]


def stop_orphans(hotline: Hotline) -> None:
    """Hang up every engineer's phone whose caller does not wait any more. Run after each login to the manager."""
    try:
        channels = hotline.switchboard.channels()
        for uniqueid in offers_without_talk(channels):
            offer = hotline.store.offer(int(uniqueid.removeprefix(OFFER_PREFIX)))
            if not waits(channels, hotline.store.caller_legs(offer.incident_id)):
                with logs.bound(incident=offer.incident_id, call=uniqueid):
                    log.warning("Engineer %s was still being rung for nobody: hung up", offer.engineer_name)
                hotline.switchboard.hang_up(uniqueid)
                hotline.store.end_offer(offer.id, OfferEnd.CALLER_GONE)
    except HotlineError as error:
        log.warning("Phones that ring for nobody could not be looked for: %s", error)


def offers_without_talk(channels: Channels) -> list[str]:
    """The uniqueids of engineers' legs that are in no bridge."""
    return [
        uniqueid
        for uniqueid, channel in channels.items()
        if uniqueid.removeprefix(OFFER_PREFIX).isdecimal() and uniqueid.startswith(OFFER_PREFIX) and not channel.get("BridgeID")
    ]


def waits(channels: Channels, callers: list[str]) -> bool:
    """Whether one of these legs is up and still with the emergency's scripts."""
    return any(channels.get(uniqueid, {}).get("Context") == _WAITS_IN for uniqueid in callers)
