"""The look for keyed cards finds them however they are written, and finds nothing else. (``tests/e2e/hygiene.py``)"""

import pytest

from tests.e2e.hygiene import Typed

NUMBER = "5105105105105100"
CODE = "739"


@pytest.fixture
def typed() -> Typed:
    """A caller who chose the first block, then keyed a whole card, and confirmed."""
    typed = Typed()
    for keys in ("1", f"{NUMBER}#", "1139#", f"{CODE}#", "94102#", "1"):
        typed.press("caller", keys)
    return typed


def lines(form: str) -> str:
    """A trace with one digit a line between other lines; ``form`` has the digit at {digit} or its ASCII code at {code}."""
    return "\n".join(f"{form.format(digit=digit, code=ord(digit), place=place)}\nsomething else" for place, digit in enumerate(NUMBER))


@pytest.mark.parametrize(
    "text",
    [
        f"card={NUMBER}", f'{{"number": "{NUMBER}"}}', "5105 1051 0510 5100", "5105-1051-0510-5100", " ".join(NUMBER), "\n".join(NUMBER),
        ", ".join(f"'{digit}'" for digit in NUMBER), " ".join(str(ord(digit)) for digit in NUMBER), NUMBER.encode().hex(),
        f"1{NUMBER}1139", lines("[Nov 23 06:1{place}:00.123] DTMF[99] channel.c: DTMF end '{digit}' received on PJSIP/trunk-0000000a"),
        lines("<PJSIP/trunk-0000000a>AGI Rx << 200 result={code}"), lines("200 result={code} ({place})"),
        lines("Event: DTMFEnd\r\nDigit: {digit}\r\nDirection: Received"),
        lines("Event: DTMFBegin\nDigit: {digit}\nEvent: DTMFEnd\nDigit: {digit}"),
        "cvc=739", '"cvc": "739"', "payment_method_data%5Bcard%5D%5Bcvc%5D=739", "payment_method_data[card][cvc]=739", "security code: 739",
        "1139 739 94102",
    ],
)  # fmt: skip
def test_a_card_is_found_however_it_is_written(typed: Typed, text: str) -> None:
    assert typed.found_in(f"before\n{text}\nafter".encode())


@pytest.mark.parametrize(
    "text",
    [
        "****5100", "visa ending in 5100", "4242424242424242", "739", "exit code 739", "cvc=7391", "5105105105105", "510510 5100",
        lines("took {place} ms"), "[2026-11-23 06:11:39.739] took 0.739 s",
    ],
)  # fmt: skip
def test_what_is_no_card_is_not_found(typed: Typed, text: str) -> None:
    assert typed.found_in(text.encode()) == []


def test_a_number_that_was_never_finished_or_is_wrong_counts_too() -> None:
    typed = Typed()
    typed.press("caller", "510510510510")
    typed.press("other", "5105105105105101#")
    assert typed.found_in(b"510510510510")
    assert typed.found_in(b"5105105105105101")


def test_a_number_keyed_with_pauses_and_slips_of_the_finger_is_one_number() -> None:
    """Several presses, and keys that the hotline ignores, in one field."""
    typed = Typed()
    for keys in ("5105A10510", "51B0510", "0#"):
        typed.press("caller", keys)
    assert typed.found_in(NUMBER.encode())


def test_without_a_card_nothing_is_looked_for() -> None:
    typed = Typed()
    for keys in ("9", "1", "1042#", "4711#", "*1"):
        typed.press("caller", keys)
    assert typed.found_in(b"1042 4711 0000000000000000") == []
