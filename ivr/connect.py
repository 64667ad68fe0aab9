"""Step 6: ring one engineer after another until one accepts. The caller has music and is told what happens."""

from contextlib import suppress
from time import monotonic
from typing import Final

from ivr import channel_variables as variables
from ivr import oncall, spoken
from ivr.errors import HotlineError, Unavailable
from ivr.hotline import Hotline
from ivr.model import Incident, Offer, OfferEnd
from ivr.phone import Phone
from ivr.switchboard import Ringing

TICK: Final = 0.15
"""Seconds between two looks at a ringing phone: half of it is the mean delay from the accept to the bridge."""
RECORDS_EVERY: Final = 1.0
"""Seconds between two looks into the records, for an accept whose event was lost with the manager connection."""


def connect(hotline: Hotline, phone: Phone, incident: Incident, *, first_engineer: int | None = None) -> Offer | None:
    """Climb the ladder; the offer that was accepted, or None when nobody did. Raises CallerGone, after ending the offer."""
    hotline.store.connecting(incident.id)
    news: tuple[str, ...] = ("connecting",)
    if first_engineer is None:
        news = ("connecting", "incident_number", *spoken.digits(str(incident.id)))
    rungs = oncall.climb(hotline.store.ladder(), hotline.settings.ladder_rounds, first_engineer)
    for rung in rungs:
        offer = hotline.store.make_offer(incident.id, rung)
        if _accepts(hotline, phone, offer, news):
            return hotline.store.offer(offer.id)
        news = ("still_trying",)
    return None


def hand_over(phone: Phone, offer: Offer, seconds: int | None) -> None:
    """Tell the dialplan to bridge the engineer's leg next, for at most ``seconds`` (None: no limit)."""
    phone.music(False)
    phone.set(variables.ACCEPTED, "1")
    phone.set(variables.TALK_SECONDS, "0" if seconds is None else str(max(1, seconds)))
    phone.set(variables.ENGINEER_CHANNEL, offer.channel or "")


def _accepts(hotline: Hotline, phone: Phone, offer: Offer, news: tuple[str, ...]) -> bool:
    """Ring one engineer, keep the caller company, and say whether the engineer pressed 1. Ends the offer in every case."""
    ringing = hotline.switchboard.ring(offer, hotline.settings.ring_seconds, caller_id=hotline.settings.did)
    try:
        _tell(phone, news, ringing)
        phone.music(True)
        end = _wait(hotline, phone, offer, ringing)
    except HotlineError:
        _give_up(hotline, offer, ringing)
        raise
    if end is OfferEnd.ACCEPTED:
        return True
    hotline.store.end_offer(offer.id, end)
    return hotline.store.offer(offer.id).end is OfferEnd.ACCEPTED  # pressed 1 in the very last moment: the records decide


def _give_up(hotline: Hotline, offer: Offer, ringing: Ringing) -> None:
    """The caller is gone, or goes to the failsafe phones: nobody else's phone is to ring. Who has pressed 1 is told by the dialplan."""
    if ringing.state() is not OfferEnd.ACCEPTED:
        with suppress(Unavailable):
            hotline.switchboard.hang_up(offer.uniqueid)
    with suppress(Unavailable):
        hotline.store.end_offer(offer.id, OfferEnd.CALLER_GONE)


def _tell(phone: Phone, news: tuple[str, ...], ringing: Ringing) -> None:
    """Say it sound by sound, and no more of it once the offer is over: two people are waiting to talk."""
    for sound in news:
        if ringing.state() is None:
            phone.play_until_key(sound)


def _wait(hotline: Hotline, phone: Phone, offer: Offer, ringing: Ringing) -> OfferEnd:
    """Look at the offer every tick until it is over, speaking to the caller often enough while the phone rings."""
    spoke = looked = monotonic()
    while (end := ringing.state()) is None:
        phone.key(TICK)
        now = monotonic()
        if now - looked > RECORDS_EVERY:
            looked = now
            if (recorded := hotline.store.offer(offer.id).end) is not None:
                return recorded
        if not ringing.answered and now - spoke > hotline.settings.progress_seconds:
            spoke = now
            phone.play_until_key("still_trying")
    return end
