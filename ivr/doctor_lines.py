"""What `ivr doctor` looks at on the lines: whether each carrier is there, whether there is a second one, engineers' registered phones,
and whether Asterisk would ring the failsafe phones that the settings name."""

import re
from collections.abc import Iterator
from typing import Final

from ivr.asterisk_conf import hotline_values
from ivr.config import Settings
from ivr.doctor_asterisk import command
from ivr.errors import SwitchboardDown
from ivr.findings import ANEW, Finding, fault, ok, warning
from ivr.trunks import Trunk, phone_endpoint, trunks

_CONTACTS: Final = "pjsip show contacts"
_REGISTRATIONS: Final = "pjsip show registrations"
_GLOBALS: Final = "dialplan show globals"
_ANEW: Final = f"Let Asterisk read what the settings say now: {ANEW}."


def lines(settings: Settings) -> Iterator[Finding]:
    """Outbound routes and registered phones, as Asterisk sees them."""
    try:
        contacts = contact_states(_shown(settings, _CONTACTS))
        registered = registration_states(_shown(settings, _REGISTRATIONS))
    except SwitchboardDown as down:
        mend = f"Start Asterisk; set IVR_DOCTOR_SECRET, and let Asterisk read it ({ANEW})."
        yield warning("routes", f"can't be looked at: {down}", mend)
        return
    routes = trunks(settings)
    there = [_is_there(trunk, contacts, registered) for trunk in routes]
    for trunk in routes:
        yield _route(settings, trunk, contacts, registered, alone=not any(there))
    if len(routes) == 1:
        yield warning(
            "routes", "there is one: the day it fails, no engineer's number can be rung", "Set IVR_TRUNK2_HOST to a second carrier."
        )
    yield from _phones(settings, contacts)


def keypad(settings: Settings) -> Iterator[Finding]:
    """Card numbers cross no line in the open; at the sandbox they are nobody's."""
    in_the_open = [trunk.name for trunk in trunks(settings) if not trunk.encrypted]
    if not settings.keypad_cards:
        yield ok("cards", "are not taken by keypad")
    elif settings.stripe_url or not in_the_open:
        yield ok("cards", "are taken by keypad " + ("for another server than Stripe" if settings.stripe_url else "over encrypted lines"))
    else:
        text = f"are taken by keypad over a line that is not encrypted ({', '.join(in_the_open)})"
        yield warning("cards", text, "IVR_KEYPAD_CARDS=false, or IVR_TRUNK_ENCRYPTED=true; docs/money.md, “Cards on the keypad”, says why.")


def failsafe_in_asterisk(settings: Settings) -> Iterator[Finding]:
    """Asterisk rings those that stood in its configuration when it started. Unseen when it can't be asked: "routes" says so."""
    text = f"{len(settings.failsafe_phones)} phones"
    try:
        shown = _shown(settings, _GLOBALS)
    except SwitchboardDown:
        yield ok("failsafe", f"{text} are set")
        return
    if re.search(rf"^ *FAILSAFE={re.escape(hotline_values(settings)['failsafe_dials'])} *$", shown, flags=re.M):
        yield ok("failsafe", text)
    else:
        yield fault("failsafe", "Asterisk would ring other phones than IVR_FAILSAFE_PHONES says, or by other routes", _ANEW)


def contact_states(output: str) -> dict[str, str]:
    """``pjsip show contacts``: Avail, Unavail, NonQual or Unknown of each AOR; the better one where it has several."""
    found = re.findall(r"^ *Contact: +([\w-]+)/\S+ +[0-9a-f]+ +(\w+)", output, flags=re.M)
    return dict(sorted(found, key=lambda one: one[1] == "Avail"))


def registration_states(output: str) -> dict[str, str]:
    """``pjsip show registrations``: Registered, Unregistered, Rejected … of each account."""
    return dict(re.findall(r"^ *([\w-]+)/sips?:\S+ +\S+ +(\w+)", output, flags=re.M))


def _shown(settings: Settings, question: str) -> str:
    answer = command(settings, question)
    if answer.get("Response") != "Success":
        raise SwitchboardDown(f"“{question}” was refused: {answer.get('Message', 'nothing')}")
    return answer.get("Output", "")


def _is_there(trunk: Trunk, contacts: dict[str, str], registered: dict[str, str]) -> bool:
    taken = not trunk.user or registered.get(trunk.name) == "Registered"
    return taken and contacts.get(f"{trunk.name}-asked", "Unavail") != "Unavail"


def _route(settings: Settings, trunk: Trunk, contacts: dict[str, str], registered: dict[str, str], *, alone: bool) -> Finding:
    """``alone``: no other route is there."""
    bad = fault if alone else warning
    state, place = contacts.get(f"{trunk.name}-asked"), f"{trunk.name} ({trunk.host}:{trunk.port})"
    if state is None or (trunk.user and trunk.name not in registered):
        return bad("routes", f"Asterisk has no {place}", _ANEW)
    if trunk.user and registered[trunk.name] != "Registered":
        text = f"{place} does not take our registration: {registered[trunk.name]}"
        mend = f"Mend {trunk.setting}_USER or _PASSWORD, the network or IVR_TLS_CA; Asterisk's messages.log says why."
        if state == "Unavail":
            text += ", and does not answer when it is asked whether it is there"
            mend = f"Mend {trunk.setting}_HOST, _PORT, the firewall or IVR_TLS_CA; Asterisk's messages.log says why."
        return bad("routes", text, mend)
    if state == "Unavail":
        text = f"{place} does not answer when it is asked whether it is there"
        mend = f"Mend {trunk.setting}_HOST, _PORT or the firewall; IVR_TRUNK_OPTIONS_SECONDS=0 if it takes calls and never answers OPTIONS."
        return bad("routes", text, mend)
    if state != "Avail":
        return warning("routes", f"{place} has not been asked yet whether it is there", _asked(settings))
    return ok("routes", f"{place} answers" + (", and has taken our registration" if trunk.user else ""))


def _asked(settings: Settings) -> str:
    seconds = settings.trunk_options_seconds
    return f"Run this again in {seconds} s." if seconds else "Call somebody through it: with IVR_TRUNK_OPTIONS_SECONDS=0 nobody asks."


def _phones(settings: Settings, contacts: dict[str, str]) -> Iterator[Finding]:
    for phone in settings.phone_logins:
        state = contacts.get(phone_endpoint(phone))
        if state == "Avail":
            yield ok("phones", f"{phone} is registered")
        else:
            text = (
                f"{phone} is {'not registered' if state is None else 'registered, but does not answer'}: it is rung by the carriers alone"
            )
            mend = f"Register it as {phone_endpoint(phone)} at {settings.sip_public_host or settings.sip_host}, from IVR_PHONE_NETWORKS."
            yield warning("phones", text, mend)
