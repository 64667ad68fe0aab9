"""What `ivr doctor` looks at in Asterisk: the manager's login, and log channels that would write down what callers type."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

from pydantic import SecretStr

from ivr.config import Settings
from ivr.errors import SwitchboardDown
from ivr.findings import ANEW, Finding, fault, ok, warning
from ivr.manager_wire import Message, Wire

LEAKING: Final = ("VERBOSE", "DTMF", "DEBUG")
"""Levels at which Asterisk writes digits: Read() at verbose 3, every key at dtmf."""

_SHOW: Final = "logger show channels"


def asterisk(settings: Settings) -> Iterator[Finding]:
    """The manager takes the login of ``serve``; no log channel takes digits."""
    where = f"{settings.agi_host}:{settings.ami_port}"
    try:
        with _wire(settings, settings.ami_user, settings.ami_secret) as wire:
            wire.ask({"Action": "Ping"})
    except SwitchboardDown as down:
        mend = f"Start Asterisk, or mend IVR_AMI_PORT, IVR_AMI_USER, IVR_AMI_SECRET; it has those of its last start ({ANEW})."
        yield fault("asterisk", str(down), mend)
        return
    yield ok("asterisk", f"its manager on {where} takes the login of {settings.ami_user}")
    yield _logs(settings)


def leaking_channels(output: str) -> dict[str, list[str]]:
    """The enabled log channels in the output of ``logger show channels`` that take digits, with their levels ("*" is all)."""
    found = {}
    for line in output.splitlines():
        channel, enabled, levels = line.partition("Enabled")
        words = levels.replace("-", " ").upper().split()
        if enabled and (bad := [level for level in words if level in (*LEAKING, "*")]):
            found[channel.split()[0] if channel.split() else "?"] = bad
    return found


def command(settings: Settings, line: str) -> Message:
    """The answer to a command of Asterisk's console, given by doctor's own user: ``Output`` has its lines. Raises SwitchboardDown."""
    if settings.doctor_secret is None:
        raise SwitchboardDown("IVR_DOCTOR_SECRET is not set")
    with _wire(settings, f"{settings.ami_user}-doctor", settings.doctor_secret) as wire:
        return wire.ask({"Action": "Command", "Command": line}).response or {}


def _logs(settings: Settings) -> Finding:
    user = f"{settings.ami_user}-doctor"
    try:
        answer = command(settings, _SHOW)
    except SwitchboardDown as down:
        mend = f"Set IVR_DOCTOR_SECRET, the password of the manager's user {user}, and let Asterisk read it ({ANEW})."
        return warning("logs", f"can't be looked at: {down}", mend)
    output = answer.get("Output", "")
    if answer.get("Response") != "Success" or "Enabled" not in output:
        return warning("logs", f"“{_SHOW}” was not answered: {answer.get('Message', 'nothing')}", f"Give {user} write = command.")
    if leaking := leaking_channels(output):
        text = "; ".join(f"{channel} takes {', '.join(levels)}" for channel, levels in leaking.items())
        mend = "Take verbose, dtmf and debug out of logger.conf, then “asterisk -rx 'logger reload'”."
        return fault("logs", f"card digits may be written down: {text}", mend)
    return ok("logs", "no log channel takes digits")


@contextmanager
def _wire(settings: Settings, user: str, secret: SecretStr) -> Iterator[Wire]:
    """A connection that is logged in. Raises SwitchboardDown within some ``ami_seconds``."""
    wire = Wire(settings.agi_host, settings.ami_port, settings.ami_seconds)
    reader = Thread(target=_read, args=(wire,), name="doctor ami", daemon=True)
    reader.start()
    try:
        wire.login(user, secret.get_secret_value())
        yield wire
    finally:
        wire.close()
        reader.join(settings.ami_seconds)


def _read(wire: Wire) -> None:
    try:
        for _ in wire.messages():
            pass
    except SwitchboardDown:
        wire.close()
