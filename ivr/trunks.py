"""The lines to carriers and the registered phones, from the settings, and the dial strings that ring a number by them. Pure: no I/O."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from ivr.config import Settings

FIRST: Final = "trunk"
SECOND: Final = "trunk2"
"""What the two are called in ``pjsip.conf``, in channels' names, and, in capitals, in the settings."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """One carrier. ``match``: the addresses and networks that its calls come from. ``user`` is "" where the address alone counts."""

    name: str
    host: str
    port: int
    match: tuple[str, ...]
    user: str
    password: str
    encrypted: bool

    @property
    def setting(self) -> str:
        """How the names of its settings begin."""
        return f"IVR_{self.name.upper()}"


def trunks(settings: Settings) -> tuple[Trunk, ...]:
    """The carriers, in the order in which they are tried."""
    first = Trunk(
        FIRST, settings.trunk_host, settings.trunk_port, settings.trunk_match or _itself(settings.trunk_host),
        settings.trunk_user, settings.trunk_password.get_secret_value(), settings.trunk_encrypted,
    )  # fmt: skip
    second = Trunk(
        SECOND, settings.trunk2_host, settings.trunk2_port, settings.trunk2_match or _itself(settings.trunk2_host),
        settings.trunk2_user, settings.trunk2_password.get_secret_value(), settings.trunk2_encrypted,
    )  # fmt: skip
    return (first, second) if second.host else (first,)


def dial_strings(settings: Settings, phone: str) -> tuple[str, ...]:
    """The ways to ring an E.164 number, best first: its registered phone where it has one, then each carrier."""
    own = (f"PJSIP/{phone_endpoint(phone)}",) if phone in settings.phone_logins else ()
    return (*own, *(f"PJSIP/{phone}@{trunk.name}" for trunk in trunks(settings)))


def phone_endpoint(phone: str) -> str:
    """What the registered phone of an E.164 number is called in ``pjsip.conf``; it is also the user with which it registers."""
    return f"phone-{phone.removeprefix('+')}"


def _itself(host: str) -> tuple[str, ...]:
    """A carrier that is named by an address calls from there; a name stands for nothing that could be let in."""
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        return ()
