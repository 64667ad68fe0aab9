"""A stack's folder: its secrets, and everything that its two Asterisks read."""

import secrets
from pathlib import Path
from typing import Final

from ivr.asterisk_conf import render, render_folder
from ivr.config import Settings
from ivr.embedded.asterisk import PROJECT, Asterisk
from ivr.embedded.carrier import hotline_source, line, write_account
from ivr.embedded.ports import Ports
from ivr.embedded.softphones import write_softphones
from ivr.prompts.texts import ENGLISH, SOUNDS

STRIPE_SECRETS: Final = {"IVR_STRIPE_KEY": "sk_test_", "IVR_STRIPE_WEBHOOK_SECRET": "whsec_"}
"""Those of the Stripe sandbox, which begin as Stripe's do."""
SECRETS: Final = ("IVR_PIN_PEPPER", "IVR_AMI_SECRET", "IVR_DOCTOR_SECRET", "PSTN_AMI_SECRET", "SOFTPHONE_PASSWORD", *STRIPE_SECRETS)


def read_secrets(folder: Path) -> dict[str, str]:
    """The stack's random secrets, made once and kept in ``secrets.env``, which only its owner can read."""
    file = folder / "secrets.env"
    lines = file.read_text().splitlines() if file.exists() else []
    known = dict(line.split("=", 1) for line in lines if "=" in line)
    if missing := {name: _secret(name) for name in SECRETS if name not in known}:
        known |= missing
        unfinished = file.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text("".join(f"{name}={value}\n" for name, value in known.items()))
        unfinished.rename(file)
    return known


def write_configuration(folder: Path, asterisk: Asterisk, settings: Settings, ports: Ports, softphones: tuple[str, ...]) -> None:
    """Both Asterisks' files. ``softphones``: the E.164 numbers that a person may register as."""
    known = read_secrets(folder)
    data = _sounds(folder, asterisk, settings)
    common = {"asterisk_modules": str(asterisk.modules), "asterisk_music": str(asterisk.music), "asterisk_data": str(data)}
    for name in ("hotline", "pstn"):
        for part in ("lib", "spool", "log"):
            (folder / name / part).mkdir(parents=True, exist_ok=True)
    render(settings, {**common, "hotline_folder": str(folder / "hotline")}, folder / "hotline" / "etc")
    pstn = folder / "pstn" / "etc"
    values = {name: str(getattr(ports, name)) for name in Ports.__dataclass_fields__}
    pstn_values = {**values, **common, "pstn_folder": str(folder / "pstn"), "pstn_ami_secret": known["PSTN_AMI_SECRET"]}
    pstn_values |= {"hotline_source": hotline_source(settings), "line": line(settings)}
    render_folder((PROJECT / "ivr/embedded/pstn_conf",), pstn, pstn_values)
    write_account(pstn, settings)
    write_softphones(pstn, softphones, known["SOFTPHONE_PASSWORD"])


def _secret(name: str) -> str:
    return STRIPE_SECRETS.get(name, "") + (secrets.token_hex(24) if name in STRIPE_SECRETS else secrets.token_urlsafe(24))


def _sounds(folder: Path, asterisk: Asterisk, settings: Settings) -> Path:
    """Asterisk's data folder, with each prompt of each language as ``ivr/NAME``: the operator's own recording, else ours."""
    data = folder / "asterisk"
    for language in SOUNDS:
        _spoken(data / "sounds" / language / "ivr", SOUNDS[language], settings.recordings_folder / language)
    _link(data / "documentation", asterisk.documentation)  # without it Asterisk does not start
    _link(data / "sounds" / ENGLISH / "beep.wav", asterisk.sounds / "beep.wav")  # before a recording
    return data


def _spoken(spoken: Path, ours: Path, recordings: Path) -> None:
    """One language. A sound that it lacks is not there: Asterisk then looks in English."""
    recordings.mkdir(parents=True, exist_ok=True)
    if spoken.is_symlink():
        spoken.unlink()
    spoken.mkdir(parents=True, exist_ok=True)
    wanted = {file.name: file for place in (ours, recordings) for file in place.glob("*.wav")}
    for stale in set(spoken.iterdir()) - {spoken / name for name in wanted}:
        stale.unlink()
    for name, file in wanted.items():
        _link(spoken / name, file)


def _link(place: Path, target: Path) -> None:
    if place.is_symlink() and place.readlink() == target:
        return
    place.unlink(missing_ok=True)
    place.symlink_to(target)
