"""THE FLOW. The whole call on one screen: four short scripts, each able to run in another process than the last.

Asterisk's dialplan (``dialplan/ess.conf``) runs ``call``, bridges the engineer whom it found, then runs ``ending``.
A step that was already decided (its answer is in the records) is not asked again, so any script can be run anew.
A hang-up is no script's: :mod:`ivr.hungup`.
"""

from typing import Final

from ivr import channel_variables as variables
from ivr import logs
from ivr.blocked import is_blocked, turn_away
from ivr.category import CATEGORY, TRUNKS, category
from ivr.confirm_account import VERIFIED
from ivr.connect import Wanted, connect, hand_over
from ivr.conversation import talk_key, talk_seconds
from ivr.disclosure import DISCLOSURE_MENU, disclosure
from ivr.ending import ENGINEER_LEFT, goodbye, hung_up_on_purpose, why_over
from ivr.engineer import CONFIRMATIONS, NO_CHARGE, WHISPER, whisper
from ivr.entitlement import entitlement
from ivr.hotline import Hotline
from ivr.hungup import left_at
from ivr.identify import ACCOUNT, ACCOUNT_FROM_PHONE, PIN, identify
from ivr.keypad_card import FIELDS
from ivr.language import greet, remember, speak_as
from ivr.message import leave_message
from ivr.model.incident import Consent, EndReason, Incident, IncidentStatus
from ivr.model.offer import Offer
from ivr.payment import BLOCK, CONFIRM, payment
from ivr.phone import Phone
from ivr.questions import Entry, Menu
from ivr.resume import CODE, RESUME, resume

QUESTIONS: Final[tuple[Menu | Entry, ...]] = (
    RESUME, CODE, DISCLOSURE_MENU, CATEGORY, ACCOUNT_FROM_PHONE, ACCOUNT, PIN, TRUNKS, BLOCK, *FIELDS, CONFIRM, WHISPER,
    *CONFIRMATIONS.values(), NO_CHARGE, VERIFIED, ENGINEER_LEFT,
)  # fmt: skip
"""Everything that the flow asks. Each needs scenarios for silence and for a wrong key, or the tests fail."""


def call(hotline: Hotline, phone: Phone) -> None:
    """From the digit 9 until an engineer has accepted."""
    phone.get(variables.ACCEPTED)  # raises CallerGone: a process that was stopped for a while finds callers who have left long ago
    known = greet(hotline, phone)
    incident = resume(hotline, phone) or hotline.store.begin_call(channel=phone.channel, uniqueid=phone.uniqueid, caller_id=phone.caller_id)
    logs.bind(incident=incident.id)
    phone.set(variables.INCIDENT, str(incident.id))
    remember(hotline, phone, incident)
    if (reason := _said_already(incident)) is not None:
        return turn_away(hotline, phone, incident) if is_blocked(hotline, phone) else goodbye(hotline, phone, incident, reason)
    if incident.engineer_channel is not None:  # the last script died right after the accept
        return hand_over(phone, incident.engineer_channel, talk_seconds(hotline, incident))
    if incident.status is IncidentStatus.CONNECTING and hotline.store.last_accepted(incident.id) is not None:  # they are back
        return find_engineer(hotline, phone, incident.id, otherwise=EndReason.ENGINEER_LOST)
    if is_blocked(hotline, phone):
        return turn_away(hotline, phone, incident)
    if disclosure(hotline, phone, incident) is Consent.REFUSED:
        return goodbye(hotline, phone, incident, EndReason.REFUSED)
    category(hotline, phone, incident)
    incident, customer = identify(hotline, phone, incident, known)
    if customer is not None:
        speak_as(phone, customer)
        remember(hotline, phone, incident)
    cover = entitlement(hotline, phone, incident, customer) or payment(hotline, phone, incident)
    if cover is None:
        return goodbye(hotline, phone, incident, EndReason.PAYMENT_FAILED)
    return find_engineer(hotline, phone, incident.id, otherwise=EndReason.NO_ENGINEER)


def find_engineer(hotline: Hotline, phone: Phone, incident_id: int, *, otherwise: EndReason) -> None:
    """Ring engineers and hand the caller over to the first who accepts; ``otherwise`` is why it ends when nobody does,
    or when the caller leaves a message instead."""
    incident, last_offer = hotline.store.connecting(incident_id)
    found = connect(hotline, phone, incident, lost=hotline.store.offer(last_offer) if last_offer is not None else None)
    if isinstance(found, Offer):
        return hand_over(phone, found.channel or "", talk_seconds(hotline, incident))
    if found is Wanted.MESSAGE and otherwise is EndReason.ENGINEER_LOST:  # the caller's choice, as a hang-up would be
        otherwise = left_at(hotline, incident, "")
    return leave_message(hotline, phone, incident, otherwise, asked_for=found is Wanted.MESSAGE)


def engineer(hotline: Hotline, phone: Phone) -> None:
    """An engineer's phone was answered."""
    whisper(hotline, phone)


def key(hotline: Hotline, phone: Phone) -> None:
    """Somebody pressed a key of theirs in the talk."""
    talk_key(hotline, phone)


def ending(hotline: Hotline, phone: Phone) -> None:
    """The talk is over and the caller is still there: say goodbye, or find the engineer again."""
    incident = hotline.store.incident(int(phone.get(variables.INCIDENT)))
    logs.bind(incident=incident.id)
    if (reason := _said_already(incident)) is not None:
        return goodbye(hotline, phone, incident, reason)
    accepted = incident.engineer_channel
    if accepted is not None and accepted != phone.get(variables.TALKING_TO):  # the last script died right after the accept
        return hand_over(phone, accepted, talk_seconds(hotline, incident))
    if incident.status is IncidentStatus.CONNECTING:  # decided already: asked again, a caller might answer something else
        return find_engineer(hotline, phone, incident.id, otherwise=EndReason.ENGINEER_LOST)
    reason = why_over(hotline, phone, incident)
    if reason is not None:
        return goodbye(hotline, phone, incident, reason)
    dropped = not hung_up_on_purpose(phone)
    hotline.store.engineer_lost(incident.id, dropped=dropped)  # before a word is said: who gives up now was left by us
    if dropped:
        phone.play_until_key("reconnecting")
    return find_engineer(hotline, phone, incident.id, otherwise=EndReason.ENGINEER_LOST)


def _said_already(incident: Incident) -> EndReason | None:
    """Why the incident is over whose goodbye a killed script did not finish; None while it goes on, or when nobody was found for it."""
    over = incident.status is IncidentStatus.ENDED and incident.reason is not EndReason.NO_ENGINEER
    return incident.reason if over else None


SCRIPTS: Final = {"call": call, "engineer": engineer, "key": key, "ending": ending}
