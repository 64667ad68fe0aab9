"""What every contender says in the covered call, sound by sound. ``tests/unit/test_rivals.py`` holds it against what the hotline says."""

from typing import Final

PRICE: Final = ("disclosure", "2", "dollars", "and", "50", "cents", "a_minute", "plus_tax", "with_a_minimum_of", "15", "minutes")
TERMS: Final = ("disclosure_terms", "disclosure_emergency", "disclosure_menu")
CATEGORY: Final = ("ask_category",)
ACCOUNT: Final = ("ask_account",)
PIN: Final = ("ask_pin",)
COVERED: Final = ("covered", "unlimited")
WHISPER: Final = (
    "whisper", "whisper_account", "1", "0", "4", "2", "whisper_outage", "whisper_covered_unlimited",
    "whisper_incident", "1", "0", "0", "1", "whisper_menu",
)  # fmt: skip
CONFIRM: Final = ("confirm_resolved",)
GOODBYE: Final = ("you_talked", "less_than_a_minute", "no_charge", "incident_number", "1", "0", "0", "1", "goodbye_resolved")

KEY_MS: Final = 6000
"""How long a key is waited for, as in the hotline's settings."""
RING_SECONDS: Final = 25


def joined(sounds: tuple[str, ...]) -> str:
    """As the dialplan's ``Playback`` and ``Read`` take them."""
    return "&".join(f"ivr/{name}" for name in sounds)
