"""Softphones: a person registers one at the pstn as anybody of the cast, and it rings and calls as that person's phone."""

from collections.abc import Iterable
from pathlib import Path

FILE = "softphones.inc"
"""Beside the pstn's ``pjsip.conf``, which includes it."""


def write_softphones(folder: Path, numbers: Iterable[str], password: str) -> None:
    """One login for each E.164 number: the user is its digits, the password is the same for all."""
    digits = sorted({"".join(filter(str.isdecimal, number)) for number in numbers})
    file = folder / FILE
    file.touch(mode=0o600)
    file.write_text("\n".join(_softphone(user, password) for user in digits))


def _softphone(user: str, password: str) -> str:
    return f"""[{user}](softphone)
auth = {user}
aors = {user}

[{user}](softphone-login)
username = {user}
password = {password}

[{user}](softphone-place)
"""
