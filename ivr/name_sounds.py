"""Customers' names as sounds, for the whisper: ``names/ACCOUNT.wav`` in the state folder, made when a customer is entered.

Only a path that :func:`sound_of` gave is ever handed to Asterisk; no text that somebody typed is.
"""

import re
import wave
from array import array
from pathlib import Path
from typing import Final

from ivr.config import Settings
from ivr.errors import SetupError

TAIL: Final = 0.05
"""Seconds of silence after a name."""

_OURS: Final = re.compile(r"/[\w./ +@=~-]*/names/[0-9]{1,20}")
_UNSPOKEN: Final = re.compile(r"[^\w .,'&-]+|_")


def folder(settings: Settings) -> Path:
    """Where the names' sounds are."""
    return settings.state_folder.absolute() / "names"


def sound_of(settings: Settings, account: str) -> str | None:
    """What Asterisk is told to play for this customer's name; None when there is no file."""
    path = folder(settings) / account
    return str(path) if is_ours(str(path)) and path.with_suffix(".wav").is_file() else None


def is_ours(path: str) -> bool:
    """Whether Asterisk may be told to play it: a path of the kind that :func:`sound_of` gives."""
    return _OURS.fullmatch(path) is not None and ".." not in path


def seconds(path: str) -> float:
    """How long the sound at such a path lasts; 0 when it is missing or broken."""
    try:
        with wave.open(f"{path}.wav", "rb") as file:
            return file.getnframes() / file.getframerate()
    except (OSError, EOFError, wave.Error):
        return 0.0


def make(settings: Settings, account: str, name: str) -> None:
    """Speak a name into its file, in the place of the one before. Takes some seconds.

    Raises SetupError: without the extra ``speech``, when its tools fail, when no letter of the name can be spoken.
    """
    from ivr.prompts.level import level, trim
    from ivr.prompts.voice import speak, write_wav

    words = " ".join(_UNSPOKEN.sub(" ", name).split())
    if not any(letter.isalnum() for letter in words):
        raise SetupError(f"Nothing in the name of {account} can be spoken; the engineers hear the account number instead.")
    [samples] = speak([words], 1.0)
    try:
        sound = trim(level(array("h", samples)), TAIL)
    except ValueError as silent:
        raise SetupError(f"The voice said nothing for the name of {account}; the engineers hear the account number.") from silent
    folder(settings).mkdir(parents=True, exist_ok=True)
    unfinished = folder(settings) / f".{account}.wav"
    write_wav(unfinished, sound)
    unfinished.rename(folder(settings) / f"{account}.wav")


def forget(settings: Settings, account: str) -> None:
    """Remove a name's sound: another name's would be worse than the account number."""
    (folder(settings) / f"{account}.wav").unlink(missing_ok=True)


def forget_gently(settings: Settings, account: str) -> str | None:
    """The same; what to do when the file can't be removed, in a sentence."""
    try:
        forget(settings, account)
    except OSError as error:
        return f"Warning: engineers hear the name of before until you remove {error.filename}: {error.strerror}."
    return None
