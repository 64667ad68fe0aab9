"""Which numbers are never dialled (bad input 5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.phone_numbers import refusal

US = ("+1",)


@pytest.mark.parametrize("phone", ["+12025550101", "+15555550101", "+18005550100", "+13105551976"])
def test_an_ordinary_number_of_an_allowed_prefix_is_dialled(phone: str) -> None:
    assert refusal(phone, US) is None


@pytest.mark.parametrize(
    ("phone", "prefixes", "why"),
    [
        ("+19005550100", US, "premium-rate"),
        ("+19765550100", US, "premium-rate"),
        ("+12029765550", US, "premium-rate"),
        ("+4490912345678", ("+1", "+44"), "no phone number"),
        ("+449091234567", ("+1", "+44"), "premium-rate"),
        ("+442071838750", US, "IVR_DIAL_PREFIXES"),
        ("+442071838750", ("+1", "+4930"), "+1, +4930"),
        ("", US, "no phone number"),
        ("2025550101", US, "no phone number"),
        ("0012025550101", US, "no phone number"),
        ("+1 202 555 0101", US, "no phone number"),
        ("+1202", US, "no phone number"),
        ("+12025550101&PJSIP/x@trunk", US, "no phone number"),
        ("+12025550101;ext=2", US, "no phone number"),
        ("${SHELL(id)}", US, "no phone number"),
        ("+1202555010\u0661", US, "no phone number"),
    ],
)
def test_what_is_never_dialled_and_why(phone: str, prefixes: tuple[str, ...], why: str) -> None:
    assert why in str(refusal(phone, prefixes))


@given(st.text())
def test_what_may_be_dialled_is_a_plus_and_digits_whatever_was_written(text: str) -> None:
    for phone in (text, "+1202555" + text, "+" + text):
        if refusal(phone, US) is None:
            assert phone[0] == "+"
            assert phone[1:].isascii()
            assert phone[1:].isdigit()
