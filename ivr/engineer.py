"""What an engineer hears: the whisper before the accept, and the keys in the talk."""

from time import monotonic
from typing import Final

from ivr import channel_variables as variables
from ivr import spoken
from ivr.hotline import Hotline
from ivr.model import Cover, EndReason, Incident, Offer, OfferEnd
from ivr.phone import Phone
from ivr.questions import Menu, ask

WHISPER: Final = Menu("whisper_menu", "whisper_menu_plain", keys="12*")
CONFIRMATIONS: Final = {
    EndReason.RESOLVED: Menu("confirm_resolved", "confirm_resolved_plain", keys="1"),
    EndReason.STABILISED: Menu("confirm_stabilised", "confirm_stabilised_plain", keys="1"),
    EndReason.CALLER_STOPPED: Menu("confirm_caller_stopped", "confirm_caller_stopped_plain", keys="1"),
}


def whisper(hotline: Hotline, phone: Phone) -> None:
    """Tell an engineer who answered what it is about; only 1 accepts. A voicemail presses nothing and gets nothing."""
    offer = hotline.store.offer(int(phone.get(variables.OFFER)))
    match _decision(hotline, phone, offer):
        case "1" if hotline.store.accept(offer.id, phone.channel):
            phone.set(variables.ACCEPTED, "1")  # from here on the caller's leg bridges this one
        case "1":
            phone.play("taken")
        case "2":
            hotline.store.end_offer(offer.id, OfferEnd.DECLINED)
            phone.play("declined_thanks")
        case _:
            hotline.store.end_offer(offer.id, OfferEnd.NOT_ACCEPTED)
    phone.set(variables.DONE, "1")


def _decision(hotline: Hotline, phone: Phone, offer: Offer) -> str:
    """1, 2, or ``""`` after silence, wrong keys, or too many repetitions."""
    opening = _briefing(hotline, offer)
    until = monotonic() + hotline.settings.whisper_seconds
    key = "*"
    while key == "*" and monotonic() < until:
        key = ask(phone, WHISPER, silence=hotline.settings.key_seconds, opening=opening)
    return "" if key == "*" else key


def _briefing(hotline: Hotline, offer: Offer) -> tuple[str, ...]:
    """Who is waiting: the account, or that nobody could verify the caller; who pays; the incident's number."""
    account = hotline.store.account_of(offer.incident_id)
    who = ("whisper_account", *spoken.digits(account)) if account else ("whisper_unverified",)
    paid = _paid(hotline.store.incident(offer.incident_id))
    return ("whisper", *who, *paid, "whisper_incident", *spoken.digits(str(offer.incident_id)))


def _paid(incident: Incident) -> tuple[str, ...]:
    """What an engineer must know of the money; nothing when an agreement covers the call."""
    match incident.cover:
        case Cover.PREPAID:
            return ("whisper_prepaid", *spoken.minutes_of(incident.seconds_left or 0))
        case Cover.TRUNKS:
            return ("whisper_trunks",)
        case Cover.UNPAID:
            return ("whisper_unpaid",)
        case _:
            return ()


def ending_key(hotline: Hotline, phone: Phone, incident_id: int, reason: EndReason) -> None:
    """``*1 *2 *3``: ask for 1 once more, then remember the reason and end the engineer's leg, which ends the talk.

    Without another word: the caller has music and pays for every second until then.
    """
    if ask(phone, CONFIRMATIONS[reason], silence=hotline.settings.key_seconds) != "1":
        phone.play("not_confirmed")
        return
    hotline.store.set_ending(incident_id, reason)
    phone.set(variables.DONE, "1")
    phone.hang_up()
