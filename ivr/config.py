"""Every setting of the hotline: environment variables ``IVR_…`` or a ``.env`` file, frozen once read.

Secrets have no default: the embedded stack makes its own, production sets them. In a container each setting may also be a file
of its name, ``/run/secrets/ivr_pin_pepper``; the environment goes before it.
"""

import platform
import re
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, PostgresDsn, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
Policy = Literal["connect_unpaid", "refuse"]
NoPort = Annotated[int, Field(ge=0, le=65535)]
"""0 is none."""
Match = Annotated[tuple[str, ...], NoDecode]
SECRETS = Path("/run/secrets")


class Settings(BaseSettings):
    """Ports, addresses, secrets, deadlines. Times are seconds, phone numbers E.164."""

    model_config = SettingsConfigDict(
        env_prefix="IVR_",
        env_file=".env",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    # the installation
    state_folder: Path = Field(default=Path("var"), description="everything that is kept on this machine")
    node: str = Field(
        default_factory=platform.node,
        pattern=r"^[A-Za-z0-9][\w.-]{0,62}$",
        description="this machine's name among those on one database; by default its host name",
    )
    database_url: PostgresDsn = Field(description="PostgreSQL, as postgresql://user:password@host/name")
    pin_pepper: SecretStr = Field(description="mixed into every PIN's hash; with another one no PIN fits any more")
    actor: str = Field(
        default="", pattern=r"^[\w.@+ -]{0,100}$", description="who stands in the audit for what a command changes; empty is the login name"
    )

    # money: without a key nobody can pay, and who is not covered is connected unpaid
    stripe_key: SecretStr | None = Field(default=None, description="Stripe's secret or restricted key")
    stripe_webhook_secret: SecretStr | None = Field(default=None, description="with which Stripe signs its webhooks")
    stripe_url: str = Field(default="", description="another server that speaks Stripe's language; empty is Stripe itself")
    stripe_seconds: float = Field(default=10.0, gt=0, description="how long a caller waits for Stripe in all")
    keypad_cards: bool = Field(
        default=False, description="take cards by keypad: needs Stripe's permission for raw card numbers, and a line that is encrypted"
    )
    stripe_moto: bool = Field(default=False, description="mark payments as telephone orders: needs Stripe's permission")
    card_zip: bool = Field(default=True, description="ask for the ZIP code of the card's bill")
    cards_per_day: int = Field(default=10, ge=1, description="cards that may fail for one caller ID, and for one account, in 24 hours")
    stripe_down: Policy = Field(default="connect_unpaid", description="when Stripe does not answer")
    payment_unanswered: Policy = Field(
        default="connect_unpaid", description="when a caller presses no key in the payment, or gets a field of the card wrong three times"
    )
    reserve_minutes: int = Field(default=120, ge=1, description="minutes of an agreement that one call reserves at once")

    # addresses and ports
    sip_host: str = Field(default="127.0.0.1", description="this machine's own address to which carriers and phones send SIP and sound")
    sip_port: Port = Field(default=5060, description="the hotline's SIP, UDP")
    sip_public_host: str = Field(default="", description="the address that the world knows, where this machine is behind NAT")
    sip_tls_port: Port = Field(default=5061, description="SIP over TLS; listens when there is a certificate")
    tls_certificate: Path | None = Field(default=None, description="this machine's certificate with its chain, PEM; Asterisk reads it")
    tls_key: Path | None = Field(default=None, description="the certificate's private key, PEM; Asterisk reads it")
    tls_ca: Path = Field(default=Path("/etc/ssl/certs/ca-certificates.crt"), description="whose certificates a carrier may show, PEM")
    rtp_start: Port = Field(default=10000, description="first port of the hotline's sound, UDP")
    rtp_end: Port = Field(default=10999, description="last port of it; a leg takes two")
    trunk_host: str = Field(default="127.0.0.1", description="the carrier's address or name")
    trunk_port: Port = Field(default=5070, description="the carrier's SIP port: mostly 5060, for TLS 5061")
    trunk_match: Match = Field(default=(), description="where its calls come from: 192.0.2.7,198.51.100.0/24; by default its address")
    trunk_user: str = Field(default="", description="register with this name; empty: the carrier knows us by our address")
    trunk_password: SecretStr = Field(default=SecretStr(""), description="the password for it")
    trunk_encrypted: bool = Field(default=False, description="TLS and SRTP, nothing else")
    trunk2_host: str = Field(default="", description="the second carrier, tried where the first one rings nothing; empty: there is none")
    trunk2_port: Port = Field(default=5060, description="as for the first")
    trunk2_match: Match = Field(default=(), description="as for the first")
    trunk2_user: str = Field(default="", description="as for the first")
    trunk2_password: SecretStr = Field(default=SecretStr(""), description="as for the first")
    trunk2_encrypted: bool = Field(default=False, description="as for the first")
    trunk_options_seconds: int = Field(
        default=30, ge=0, le=3600, description="how often carriers are asked whether they are there; 0: not, for one that never answers it"
    )
    phone_logins: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict, description="engineers' phones that register here: +15555550101=PASSWORD,… with 16 characters at least"
    )
    phone_networks: Match = Field(default=(), description="from where they may: 10.8.0.0/24,203.0.113.9; 0.0.0.0/0 is everywhere")
    agi_host: str = Field(
        default="127.0.0.1", description="where the scripts, Asterisk's manager and the console listen: one machine, nobody else's"
    )
    agi_port: Port = Field(default=4573, description="the scripts of the first `ivr serve`")
    agi_second_port: Port = Field(default=4574, description="those of the second one, the dialplan's next try")
    ami_port: Port = Field(default=5038, description="Asterisk's manager")
    ami_user: str = Field(
        default="ivr", description="the user of `ivr serve` there; `ivr doctor` logs in as the same with `-doctor` behind it"
    )
    ami_secret: SecretStr = Field(description="its password")
    doctor_secret: SecretStr | None = Field(
        default=None, description="the password of the manager user that looks at Asterisk for `ivr doctor`"
    )
    console_port: Port = Field(default=8080, description="health, readiness, and what Stripe has to tell")

    # what it tells: see docs/observe.md
    log_format: Literal["auto", "json", "text"] = Field(default="auto", description="auto is text on a terminal, JSON elsewhere")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="what is less grave is not written")
    metrics_host: str = Field(default="127.0.0.1", description="where the metrics listen; they name nobody, but are for nobody else")
    metrics_port: NoPort = Field(default=9461, description="metrics of serve; 0 is none")
    metrics_worker_port: NoPort = Field(default=9463, description="metrics of worker")
    metrics_console_port: NoPort = Field(default=9464, description="metrics of console")
    serves: int = Field(default=2, ge=1, le=2, description="how many serves this node runs; one missing makes its health degraded")

    # the line
    did: str = Field(default="+18552528788", description="the hotline's number")
    max_calls: int = Field(
        default=100,
        ge=1,
        description="callers at once in the emergency; the others hear so and wait, after three minutes for a failsafe phone",
    )
    failsafe_phones: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="rung behind everybody on the ladder, and by Asterisk itself when no script serves the caller, in this order",
    )
    dial_prefixes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("+1",), min_length=1, description="what engineers' numbers begin with, such as `+1,+4930`; others are never dialled"
    )
    menu_destinations: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict, description="where the main menu's other keys lead: `0=+15555550180,1=+15555550181`"
    )
    notify_urls: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="where everybody is paged: Apprise URLs, apart by spaces or commas"
    )
    notify_seconds: float = Field(default=10.0, gt=0, description="how long one paging service may take")
    country: str = Field(default="US", min_length=2, max_length=2, description="of a caller ID without a country code")
    language: Literal["en", "es"] = Field(default="en", description="what a caller hears who has not chosen, and every engineer")

    # who is calling
    pin_tries_per_account: int = Field(
        default=5, ge=1, description="wrong PINs for one account within an hour that lock it, until an hour after the last of them"
    )
    pin_tries_per_caller: int = Field(default=10, ge=1, description="the same for one caller ID; five times that for all without one")

    # patience
    key_seconds: float = Field(default=6.0, gt=0, description="silence after a prompt before it is asked again")
    digit_seconds: float = Field(default=4.0, gt=0, description="pause between digits that ends an entry")
    ring_seconds: int = Field(default=25, gt=0, description="how long one engineer's phone rings")
    failsafe_seconds: int = Field(
        default=150, ge=0, description="how long the failsafe phones are tried, round after round, for one caller"
    )
    whisper_seconds: float = Field(default=30.0, gt=0, description="how long an engineer who answered may listen before the next is rung")
    ladder_rounds: int = Field(default=2, ge=1, description="how often the whole ladder is offered before the failsafe phones")
    progress_seconds: float = Field(default=15.0, gt=0, le=18, description="music while waiting, until there is a word again")
    resume_seconds: int = Field(default=900, ge=0, description="so long a caller whose line dropped in a talk may come back; 0 is never")
    grace_seconds: int = Field(default=30, ge=1, description="how long a talk may go on, free, after its time is up")
    message_seconds: int = Field(default=180, ge=10, le=1800, description="how long a recorded message may be; 10 s of silence end it too")
    silence_seconds: int = Field(default=4, ge=3, description="a script that goes silent this long loses the caller to the failsafe")

    # deadlines and limits
    database_seconds: float = Field(default=1.5, gt=0, description="how long PostgreSQL may take")
    pool_size: int = Field(default=10, ge=1, description="connections of one process to PostgreSQL")
    ami_seconds: float = Field(default=2.0, gt=0, description="how long Asterisk's manager may take")
    drain_seconds: float = Field(default=300.0, ge=0, description="after SIGTERM, how long scripts in progress may go on")
    agi_connections: int = Field(default=1000, ge=1, description="scripts of one `ivr serve` at once")
    backup_folder: Path | None = Field(default=None, description="where backups of the records land: `ivr doctor` looks at their age")

    @property
    def recordings_folder(self) -> Path:
        """Where an operator's own recordings of prompts lie (``LANGUAGE/NAME.wav``, 8 kHz, 16 bit, one channel)."""
        return self.state_folder / "recordings"

    @property
    def messages_folder(self) -> Path:
        """Where recorded messages lie (8 kHz, 16 bit, one channel)."""
        return self.state_folder.absolute() / "messages"

    @field_validator("stripe_url")
    @classmethod
    def _private(cls, value: str) -> str:
        """Card numbers cross a network only by TLS."""
        address = urlsplit(value)
        if value and address.scheme != "https" and address.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("must begin with https://, because card numbers go there")
        return value

    @field_validator("dial_prefixes")
    @classmethod
    def _plus_and_digits(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"\+[1-9][0-9]{0,14}", prefix) for prefix in value):
            raise ValueError("must be the beginnings of phone numbers, such as +1,+4930")
        return value

    @field_validator("trunk_match", "trunk2_match", "phone_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """A name can't be let in: who it stands for may change."""
        return tuple(str(ip_network(network)) for network in value)

    @field_validator("phone_logins")
    @classmethod
    def _strong(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        """Whoever guesses one takes emergency calls in an engineer's place."""
        secrets = [password.get_secret_value() for password in value.values()]
        if not all(re.fullmatch(r"[\w.:/@+^~-]{16,64}", secret, re.ASCII) for secret in secrets) or len(set(secrets)) < len(secrets):
            raise ValueError("each phone needs a password of its own, 16 characters or more: letters, digits and ._:/@+^~-")
        if not all(re.fullmatch(r"\+[1-9][0-9]{6,14}", phone) for phone in value):
            raise ValueError("must be phone numbers with their passwords, such as +15555550101=PASSWORD")
        return value

    @field_validator("failsafe_phones", "dial_prefixes", "trunk_match", "trunk2_match", "phone_networks", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        """``+15555550101,+15555550102``, in the order of ringing."""
        return tuple(phone.strip() for phone in value.split(",") if phone.strip()) if isinstance(value, str) else value

    @field_validator("notify_urls", mode="before")
    @classmethod
    def _urls(cls, value: object) -> object:
        """URLs separated by spaces or commas; a comma may stand in a URL, so one counts only before the next URL's beginning."""
        return tuple(url for url in re.split(r"[\s,]+(?=\w[\w+.-]*://)", value.strip()) if url) if isinstance(value, str) else value

    @field_validator("menu_destinations", "phone_logins", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        """``1=+15555550120,2=+15555550121``: the main menu's digit and where it leads; a phone and its password."""
        if not isinstance(value, str):
            return value
        pairs = [item.strip().partition("=") for item in value.split(",") if item.strip()]
        return {key.strip(): phone.strip() for key, _, phone in pairs}


def faults(wrong: ValidationError) -> list[tuple[str, str]]:
    """Each setting that is missing or wrong, and why. Never with its value: some are secrets."""
    return [(f"IVR_{'_'.join(map(str, error['loc'])).upper()}", error["msg"]) for error in wrong.errors(include_input=False)]


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Raises ``pydantic.ValidationError`` naming what is missing or wrong."""
    return Settings()
