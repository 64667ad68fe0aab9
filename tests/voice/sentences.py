"""What is put before the recogniser: each whole prompt, and for parts and numbers the sentences that callers and engineers hear."""

import re
from typing import Final

from ivr import prompts, spoken
from ivr.card import Brand
from ivr.disclosure import price_sentence
from ivr.model.money import Rate
from ivr.prompts.texts import Kind, read_texts

RATE: Final = Rate(1, 250, 15, 1, "USD", (15, 30, 60), 825)
_CENTS: Final = {
    Brand.VISA: 8119, Brand.MASTERCARD: 4059, Brand.AMEX: 16238, Brand.DISCOVER: 1101, Brand.DINERS: 7017, Brand.JCB: 9212,
    Brand.UNIONPAY: 118_430,
}  # fmt: skip
_LAST4: Final = ("4242", "4444", "0005", "1117", "3896", "5678", "9012")
_DURATIONS: Final = (1, 5, 8, 10, 12, 14, 16, 18, 20, 25, 33, 45, 50, 60, 76, 99, 150)

Sentence = tuple[str, ...]


def everything() -> dict[str, Sentence]:
    """Sounds by what they are listed as: a prompt's name, or that of a sentence's first sound with a number."""
    whole = {name: (name,) for name, prompt in read_texts().items() if prompt.kind is Kind.PROMPT}
    return whole | {f"{sentence[0]} … ({place})": sentence for place, sentence in enumerate(_with_numbers(), 1)}


def text(sentence: Sentence) -> str:
    """What the voice was given to say, keys as words."""
    texts = read_texts()
    return re.sub("[0-9]", lambda figure: texts[figure[0]].text, " ".join(texts[name].say for name in sentence))


def _with_numbers() -> list[Sentence]:
    return [
        price_sentence(RATE),
        *_cards(),
        *(("prepaid_before", *spoken.minutes(n)) for n in _DURATIONS),
        *(("incident_number", *spoken.digits(str(number))) for number in (1001, 2487, 3695)),
        *(("your_code", *spoken.digits(code)) for code in ("7301", "8264")),
        *(("card_charged", *spoken.money(cents)) for cents in (100, 4000, 1367, 2871)),
        ("block_for", *spoken.minutes(30), "block_at", *spoken.money(8119), "block_press", "2"),
        ("minutes_left_before", *spoken.minutes(42), "minutes_left_after"),
        ("time_left", *spoken.minutes_of(30), "minutes_left_after"),
        ("you_talked", *spoken.minutes_of(840)),
        ("whisper_account", *spoken.digits("1042")),
        ("whisper_claims", *spoken.digits("1046")),
        ("whisper_incident", *spoken.digits("1009")),
        ("whisper_prepaid", *spoken.minutes(15)),
        ("whisper_covered", *spoken.minutes(90)),
        ("whisper_customer", "whisper_account", *spoken.digits("1043")),
        ("caller_number", *spoken.digits("15555550142")),
    ]


def _cards() -> list[Sentence]:
    return [
        ("confirm_hold", *spoken.money(cents), "on_your", f"brand_{brand}", "ending_in", *spoken.digits(last4))
        for (brand, cents), last4 in zip(_CENTS.items(), _LAST4, strict=True)
    ]


def unheard() -> set[str]:
    """Prompts that no sentence has: only the numbers that are heard where another language lacks a sound."""
    return set(prompts.NAMES) - {name for sentence in everything().values() for name in sentence}
