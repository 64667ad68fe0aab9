"""Renders Asterisk's configuration: templates with ``@{name}`` become the files that Asterisk reads.

Every value is held against a list of harmless characters, so that no setting can add a line, a comment or a dialplan expression.
"""

import re
import string
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivr.asterisk_sip import sip_parts
from ivr.config import Settings
from ivr.errors import SetupError
from ivr.phone_numbers import may_be_dialled
from ivr.trunks import dial_strings

PROJECT = Path(__file__).resolve().parent.parent
HARMLESS = re.compile(r"[\w.:/@+^=,~ -]*")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
MENU_KEY = re.compile(r"[0-8]")  # 9 is the emergency itself


class Template(string.Template):
    """``@{name}`` is replaced; ``$`` and single ``@`` are Asterisk's own and stay as they are."""

    delimiter = "@"
    pattern = r"@(?:\{(?P<braced>[a-z_]+)\}|(?P<named>(?!))|(?P<escaped>(?!))|(?P<invalid>\{))"  # type: ignore[assignment]


def render(settings: Settings, extra: Mapping[str, str], folder: Path) -> None:
    """Writes the hotline's whole configuration, ``asterisk-conf/`` and ``dialplan/``, into ``folder``.

    ``extra`` names Asterisk's own folders (see :mod:`ivr.embedded.asterisk`). Raises ``SetupError`` for a value that is not harmless.
    """
    values = {**hotline_values(settings), **extra}
    render_folder((PROJECT / "asterisk-conf", PROJECT / "dialplan"), folder, values, hotline_blocks(settings, values))


def render_folder(sources: Sequence[Path], target: Path, values: Mapping[str, str], blocks: Mapping[str, str] | None = None) -> None:
    """Renders each ``*.conf`` of ``sources`` into ``target``, readable by its owner alone; other ``*.conf`` there are removed.

    ``values`` are checked; ``blocks`` are whole lines that the caller made of checked parts.
    """
    for key, value in values.items():
        check(key, value)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    templates = {template.name: template for source in sources for template in sorted(source.glob("*.conf"))}
    for stale in target.glob("*.conf"):
        if stale.name not in templates:
            stale.unlink()
    for name, template in templates.items():
        _write(target / name, render_text(template.read_text(), {**values, **(blocks or {})}, name))


def render_text(text: str, values: Mapping[str, str], name: str) -> str:
    """One template. Raises ``SetupError`` for a ``@{name}`` that nothing provides."""
    try:
        return Template(text).substitute(values)
    except (KeyError, ValueError) as problem:
        raise SetupError(f"{name} asks for {problem}, which nothing provides; correct the name between @{{ and }}.") from problem


def hotline_values(settings: Settings) -> dict[str, str]:
    """What the hotline's templates may name: every plain setting, the manager's secret, and the numbers in dialplan form."""
    values = {name: str(value) for name, value in settings if isinstance(value, int | float | str)}
    values["ami_secret"] = settings.ami_secret.get_secret_value()
    files = {"tls_certificate": settings.tls_certificate, "tls_key": settings.tls_key, "tls_ca": settings.tls_ca}
    values |= {name: str(file.absolute()) for name, file in files.items() if file}
    values["did_digits"] = _e164("IVR_DID", settings.did).removeprefix("+")
    dials = [(phone, dial_by_routes(settings, "IVR_FAILSAFE_PHONES", phone)) for phone in settings.failsafe_phones]
    values["failsafe_dials"] = "^".join(dial for phone, dial in dials if may_be_dialled(phone, settings.dial_prefixes, "A failsafe phone"))
    return values


def menu_destinations(settings: Settings) -> str:
    """Lines ``DEST_1 = PJSIP/+15555550120@trunk`` for the dialplan's globals."""
    return "\n".join(_destination(settings, *item) for item in sorted(settings.menu_destinations.items()))


def check(key: str, value: str) -> None:
    """Raises ``SetupError`` if Asterisk could read more than a plain value in it."""
    if not HARMLESS.fullmatch(value):
        raise SetupError(f"{key} has characters that Asterisk's configuration can't hold; use letters, digits and ./:@+_- only.")


def dial_by_routes(settings: Settings, setting: str, phone: str) -> str:
    """Asterisk's dial strings for an E.164 number, separated by ``~``, best route first. Raises ``SetupError`` naming the setting."""
    return "~".join(dial_strings(settings, _e164(setting, phone)))


def _part(name: str, values: Mapping[str, str]) -> str:
    return render_text((PROJECT / "asterisk-conf" / "parts" / f"{name}.conf").read_text(), values, f"parts/{name}.conf")


def hotline_blocks(settings: Settings, values: Mapping[str, str]) -> dict[str, str]:
    """The lines that the hotline's templates may name, for these :func:`hotline_values`."""
    return {"menu_destinations": menu_destinations(settings), "doctor": _doctor(settings), **sip_parts(settings, values, _part)}


def _doctor(settings: Settings) -> str:
    """The manager user of `ivr doctor`; without its secret there is none."""
    if settings.doctor_secret is None:
        return ""
    secret = settings.doctor_secret.get_secret_value()
    check("IVR_DOCTOR_SECRET", secret)
    return _part("doctor", {"ami_user": settings.ami_user, "doctor_secret": secret})


def _destination(settings: Settings, key: str, phone: str) -> str:
    if not MENU_KEY.fullmatch(key):
        raise SetupError(f"IVR_MENU_DESTINATIONS has the key {key!r}; give digits 0 to 8, as in 1=+15555550120.")
    return f"DEST_{key} = {dial_by_routes(settings, 'IVR_MENU_DESTINATIONS', phone)}"


def _e164(setting: str, phone: str) -> str:
    if not E164.fullmatch(phone):
        raise SetupError(f"{setting} has {phone!r}, which is no phone number in E.164; write it like +15555550101.")
    return phone


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
