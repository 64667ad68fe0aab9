"""Before step 1: a caller whose line dropped calls again within the window, and goes back to their engineer.

Who has the caller's number alone gets nothing: a caller ID can be forged, so the PIN or the code spoken at the first call decides.
"""

from typing import Final

from ivr import spoken
from ivr.conversation import seconds_left
from ivr.guesses import Guess, may_guess_account
from ivr.hotline import Hotline
from ivr.identify import number_of, prove
from ivr.model.incident import Incident
from ivr.phone import Phone
from ivr.phone_numbers import e164
from ivr.questions import Entry, Menu, ask, enter

RESUME: Final = Menu("resume_menu", "resume_menu_plain", keys="12")
CODE: Final = Entry("ask_code_again", "ask_code_again_plain", longest=8)
_TRIES: Final = 3
_BY_PIN: Final = "pin"


def resume(hotline: Hotline, phone: Phone) -> Incident | None:
    """The incident that this caller goes back to, connecting again; None for everybody else.

    Silence is None too: without a key there is no proof, and the way of a new emergency ends with a human also for who can't press any.
    """
    waiting = _waiting(hotline, phone)
    proved = _proved(hotline, phone, waiting) if waiting else None
    if proved is None or not hotline.store.resume_call(
        proved.id, channel=phone.channel, uniqueid=phone.uniqueid, caller_id=phone.caller_id or ""
    ):
        return None
    phone.play_until_key("resuming")
    return hotline.store.incident(proved.id)


def your_code(hotline: Hotline, phone: Phone, incident: Incident) -> tuple[str, ...]:
    """The sounds that tell who has no PIN how to prove themselves when they call again; nothing for who can't come back."""
    if incident.resume_code is None or _by_pin(incident) or not hotline.settings.resume_seconds:
        return ()
    return ("your_code", *spoken.digits(incident.resume_code)) if number_of(hotline, phone) else ()


def _waiting(hotline: Hotline, phone: Phone) -> list[Incident]:
    """Incidents that the caller wants to go back to, the last first: suspended, with time left, of the same number."""
    number = number_of(hotline, phone)
    window = hotline.settings.resume_seconds
    found = hotline.store.suspended_calls(phone.uniqueid, number, window) if number else []
    same = [one for one in found if e164(one.caller_id, hotline.settings.country) == number]
    waiting = [incident for one in same if seconds_left(hotline, incident := hotline.store.incident(one.incident_id)) != 0]
    if not waiting or any(one.chosen for one in same):
        return waiting
    if ask(phone, RESUME, silence=hotline.settings.key_seconds) != "1":
        return []
    for one in same:
        if one.lost:  # on a node that is gone: calling again and wanting back is the proof that the old leg is
            hotline.store.suspend_lost(one.incident_id, window)
    hotline.store.wants_back(waiting[0].id, phone.uniqueid)
    return waiting


def _proved(hotline: Hotline, phone: Phone, waiting: list[Incident]) -> Incident | None:
    """The one that the caller can prove to be theirs: by the PIN of its customer, else by the code that they were told."""
    last = waiting[0]
    if _by_pin(last) and last.customer_id is not None:
        return last if prove(hotline, phone, last, hotline.store.customer(last.customer_id)) is Guess.RIGHT else None
    return _by_code(hotline, phone, [incident for incident in waiting if not _by_pin(incident)])


def _by_code(hotline: Hotline, phone: Phone, waiting: list[Incident]) -> Incident | None:
    """The one whose code was typed. A wrong one counts against the caller, as a wrong account does, and against the incidents."""
    complaint = ""
    for _ in range(_TRIES):
        digits = enter(phone, CODE, silence=hotline.settings.key_seconds, pause=hotline.settings.digit_seconds, complaint=complaint)
        if digits in ("", "*"):
            return None
        fitting = [incident for incident in waiting if hotline.store.code_fits(incident.id, digits)]
        if fitting:
            return fitting[0]
        complaint = "code_not_right"
        if not may_guess_account(hotline, waiting[0], number_of(hotline, phone)):
            break
    phone.play_until_key(complaint)
    return None


def _by_pin(incident: Incident) -> bool:
    return incident.identified_how == _BY_PIN
