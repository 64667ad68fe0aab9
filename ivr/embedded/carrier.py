"""The pstn as a carrier that knows the hotline by an account: with ``IVR_TRUNK_USER`` it must register, else its address is enough."""

from pathlib import Path
from typing import Final

from ivr.config import Settings
from ivr.errors import SetupError

FILE: Final = "account.inc"
"""Beside the pstn's ``pjsip.conf``, which includes it."""
OWN: Final = "hotline"
"""The pstn's endpoint of a hotline that is known by its address."""


def line(settings: Settings) -> str:
    """The pstn's endpoint of the hotline: of a registered one it is the account's name. Raises ``SetupError`` for a name that is taken."""
    if settings.trunk_user.startswith(OWN):
        raise SetupError(f"IVR_TRUNK_USER can't begin with {OWN} at the embedded telephone network; take another name.")
    return settings.trunk_user or OWN


def hotline_source(settings: Settings) -> str:
    """From where SIP is the hotline's without any password: nowhere, if it has an account."""
    return "127.0.0.254" if settings.trunk_user else f"{settings.sip_host}:{settings.sip_port}"


def write_account(folder: Path, settings: Settings) -> None:
    """The account that the settings name, over TLS with SRTP where they want that. The certificate is the hotline's own."""
    file = folder / FILE
    file.unlink(missing_ok=True)
    if settings.trunk_user:
        file.touch(mode=0o600)
        file.write_text((_tls(settings) if settings.trunk_encrypted else "") + _account(settings, line(settings)))


def _account(settings: Settings, name: str) -> str:
    return f"""[{name}](line)
aors = {name}
auth = {name}
transport = {"tls" if settings.trunk_encrypted else "udp"}
media_encryption = {"sdes" if settings.trunk_encrypted else "no"}
rewrite_contact = yes
trust_id_inbound = yes
identify_by = auth_username

[{name}]
type = auth
auth_type = digest
username = {name}
password = {settings.trunk_password.get_secret_value()}

[{name}]
type = aor
max_contacts = 1
remove_existing = yes
"""


def _tls(settings: Settings) -> str:
    return f"""[tls]
type = transport
protocol = tls
bind = 127.0.0.1:{settings.trunk_port}
method = tlsv1_2
cert_file = {settings.tls_certificate}
priv_key_file = {settings.tls_key}
ca_list_file = {settings.tls_ca}

"""
