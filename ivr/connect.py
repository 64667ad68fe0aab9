"""Step 6: ring engineers until one accepts. The caller has music, is told what happens, and may leave a message instead."""

from enum import Enum, auto

from ivr import channel_variables as variables
from ivr import paging, spoken
from ivr.errors import HotlineError
from ivr.hotline import Hotline
from ivr.ladder import Step, steps
from ivr.model.incident import Incident
from ivr.model.offer import Offer, OfferEnd
from ivr.model.report import Occasion
from ivr.phone import Phone
from ivr.resume import your_code
from ivr.ringers import Ringers
from ivr.waiting import MESSAGE_KEY, Companion


class Wanted(Enum):
    """What a caller chose instead of waiting."""

    MESSAGE = auto()


def connect(hotline: Hotline, phone: Phone, incident: Incident, lost: Offer | None) -> Offer | Wanted | None:
    """Climb the ladder: the offer that was accepted, what the caller wants instead, or None when nobody accepted.

    The incident is connecting. Who had it before (``lost``) is rung first.
    Raises CallerGone and whatever is unavailable, after letting go of whoever rings.
    """
    store = hotline.store
    companion = Companion(phone, hotline.settings.progress_seconds)
    companion.tell("connecting")
    if lost is None:
        companion.tell("incident_number", *spoken.digits(str(incident.id)), *your_code(hotline, phone, incident))
    companion.tell("wait_menu")
    given = hotline.settings
    ladder = steps(store.levels(), given.ladder_rounds, given.failsafe_phones, lost, prefixes=given.dial_prefixes)
    ringers = Ringers(hotline, incident.id, ladder)
    try:
        return _wait(hotline, incident, ringers, companion)
    except HotlineError:
        ringers.let_go(OfferEnd.CALLER_GONE)
        raise


def _wait(hotline: Hotline, incident: Incident, ringers: Ringers, companion: Companion) -> Offer | Wanted | None:
    while not ringers.over:
        if (step := ringers.look()) is not None:
            companion.begins(step)
            _page(hotline, incident, step)
        if ringers.accepted:
            return ringers.accepted
        if step is not None and not ringers.ringing:  # all of them are talking: the next are rung before another word is said
            continue
        if companion.turn(listening=ringers.listening) == MESSAGE_KEY:
            ringers.let_go(OfferEnd.MESSAGE)
            accepted = hotline.store.accepted_offer(incident.id)
            if accepted is None:
                companion.ends()
            return accepted or Wanted.MESSAGE
    companion.ends()
    return None


def _page(hotline: Hotline, incident: Incident, step: Step) -> None:
    """Everybody on a level is paged when it begins to ring."""
    if step.paged:
        paging.page(hotline.store, incident.id, Occasion.RINGING, step.paged)


def hand_over(phone: Phone, channel: str, seconds: int | None) -> None:
    """Tell the dialplan to bridge the engineer's ``channel`` next, for at most ``seconds`` (None: no limit)."""
    phone.music(False)
    phone.set(variables.ACCEPTED, "1")
    phone.set(variables.TALK_SECONDS, "0" if seconds is None else str(max(1, seconds)))
    phone.set(variables.ENGINEER_CHANNEL, channel)
