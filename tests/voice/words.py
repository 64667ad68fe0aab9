"""Counting words that were understood. Pure; no I/O."""

import re
from collections.abc import Sequence
from typing import Final

_SAME: Final = {
    "alright": "all right", "there's": "there is", "it's": "it is", "everyone": "everybody", "jcb": "j c b", "unionpay": "union pay",
}  # fmt: skip
"""Spellings of what sounds the same, or that a person would say the same."""


def spoken_words(text: str) -> list[str]:
    """The words of a text, without signs and capitals. Figures must be written as words already."""
    plain = re.sub(r"[^a-z' ]+", " ", text.lower())
    return " ".join(_SAME.get(word, word) for word in plain.split()).split()


def mistakes(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words that were replaced, left out or added (word error rate's numerator)."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, 1):
        diagonal, row[0] = row[0], place
        for i, other in enumerate(heard, 1):
            diagonal, row[i] = row[i], min(row[i] + 1, row[i - 1] + 1, diagonal + (word != other))
    return row[-1]
