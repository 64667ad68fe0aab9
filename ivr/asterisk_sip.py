"""The parts of ``pjsip.conf`` that depend on how many carriers and phones there are, and on whether there is a certificate."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ivr.config import Settings
from ivr.errors import SetupError
from ivr.trunks import SECOND, Trunk, phone_endpoint, trunks

ENCRYPTED: Final = {"transport": "tls", "uri_transport": r"\;transport=tls", "media_encryption": "sdes"}
PLAIN: Final = {"transport": "udp", "uri_transport": "", "media_encryption": "no"}
PASSWORD: Final = re.compile(r"[!-:<-\[\]-~]*")
"""A carrier chooses it, so everything but what Asterisk takes for a comment or for its escape."""

Render = Callable[[str, Mapping[str, str]], str]
"""Renders one file of ``asterisk-conf/parts``."""


def sip_parts(settings: Settings, values: Mapping[str, str], render: Render) -> dict[str, str]:
    """The blocks that ``pjsip.conf`` names. Raises ``SetupError`` for settings that don't fit together."""
    lines = trunks(settings)
    if (settings.tls_certificate is None) is not (settings.tls_key is None):
        raise SetupError("There is only one of IVR_TLS_CERTIFICATE and IVR_TLS_KEY; set both, or none.")
    for trunk in lines:
        _check(settings, trunk)
    public = {"public_address": _public_address(settings)}
    return {
        **public,
        "tls": render("tls", {**values, **public}) if settings.tls_certificate else "",
        "permits": "\n".join(f"permit = {network}" for network in _networks(settings, lines)),
        "trunks": "\n".join(_trunk(settings, trunk, values, render) for trunk in lines),
        "phones": "\n".join(_phones(settings, render)),
    }


def _trunk(settings: Settings, trunk: Trunk, values: Mapping[str, str], render: Render) -> str:
    own = {
        **(ENCRYPTED if trunk.encrypted else PLAIN), "name": trunk.name, "host": trunk.host, "port": str(trunk.port),
        "user": trunk.user, "options_seconds": str(settings.trunk_options_seconds),
        "aor": trunk.name if trunk == trunks(settings)[-1] else f"{trunk.name}-asked", "did_digits": values["did_digits"],
    }  # fmt: skip
    blocks = {"password": trunk.password, "matches": "\n".join(f"match = {network}" for network in trunk.match)}
    account = render("account", {**own, **blocks}) if trunk.user else ""
    login = f"outbound_auth = {trunk.name}\nfrom_user = {trunk.user}\nfrom_domain = {trunk.host}" if trunk.user else ""
    if settings.sip_public_host and not trunk.user:
        login = f"from_domain = {settings.sip_public_host}"
    return render("trunk", {**own, **blocks, "account": account, "login": login})


def _phones(settings: Settings, render: Render) -> Iterator[str]:
    encryption = (ENCRYPTED if settings.tls_certificate else PLAIN)["media_encryption"]
    for phone, password in settings.phone_logins.items():
        name = phone_endpoint(phone)
        yield render("phone", {"name": name, "password": password.get_secret_value(), "media_encryption": encryption})


def _networks(settings: Settings, lines: tuple[Trunk, ...]) -> dict[str, None]:
    """Who may send SIP at all, each once."""
    if settings.phone_logins and not settings.phone_networks:
        raise SetupError("IVR_PHONE_LOGINS is set, but no phone may register; say from where in IVR_PHONE_NETWORKS, or 0.0.0.0/0.")
    phones = settings.phone_networks if settings.phone_logins else ()
    return dict.fromkeys(network for part in (*(trunk.match for trunk in lines), phones) for network in part)


def _public_address(settings: Settings) -> str:
    """Behind NAT: what stands in SIP and SDP towards everybody outside."""
    if not settings.sip_public_host:
        return ""
    _demand_address("IVR_SIP_PUBLIC_HOST", settings.sip_public_host)
    address = settings.sip_public_host
    return f"external_signaling_address = {address}\nexternal_media_address = {address}\nlocal_net = {settings.sip_host}/32"


def _check(settings: Settings, trunk: Trunk) -> None:
    if not trunk.match:
        _demand_address(f"{trunk.setting}_HOST", trunk.host)
    if trunk.encrypted and settings.tls_certificate is None:
        raise SetupError(f"{trunk.setting}_ENCRYPTED needs a certificate of ours; set IVR_TLS_CERTIFICATE and IVR_TLS_KEY.")
    if bool(trunk.user) is not bool(trunk.password):
        raise SetupError(f"There is only one of {trunk.setting}_USER and {trunk.setting}_PASSWORD; set both, or none.")
    if not PASSWORD.fullmatch(trunk.password):
        raise SetupError(f"{trunk.setting}_PASSWORD has a character that Asterisk can't hold (a space, ; or \\); have it changed.")
    if trunk.name == SECOND and set(trunk.match) & set(trunks(settings)[0].match):
        raise SetupError("Both carriers call from the same address, so nobody can tell them apart; mend IVR_TRUNK2_MATCH.")


def _demand_address(setting: str, host: str) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        match = f", or say in {setting.removesuffix('HOST')}MATCH where calls come from" if "TRUNK" in setting else ""
        raise SetupError(f"{setting} is {host!r}; only an IP address can be let in through the trunk, so give one{match}.") from None
