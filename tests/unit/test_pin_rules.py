"""PINs that would be tried first are not allowed, and what we make is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.administration.pin_rules import make_pin, pin_fault


@pytest.mark.parametrize(
    "pin",
    ["", "123", "123456789", "12a4", "1234 ", "+123", "٤٧١١", "0000", "99999999", "4747", "123123", "1234", "0123", "4321", "7890", "98765",
     "1042"],
)  # fmt: skip
def test_a_trivial_pin_is_refused_and_not_repeated(pin: str) -> None:
    """Too short, too long, no digits, repeated, counting, the account's own: said in a sentence that any PIN could have."""
    fault = pin_fault(pin, "1042")
    assert fault is not None
    assert fault == pin_fault(pin, "1042")
    assert pin in ("", "0000", "4747", "1234") or pin not in fault


@pytest.mark.parametrize("pin", ["4711", "2580", "1357", "8642", "9753", "6420", "10429"])
def test_a_plain_pin_is_taken(pin: str) -> None:
    """Also one that holds a digit of a short account number."""
    assert pin_fault(pin, "9") is None


def test_an_account_number_is_no_pin_however_it_is_hidden() -> None:
    """In the number, or the number in it."""
    for pin, account in (("1042", "1042"), ("104299", "1042"), ("0429", "10429")):
        assert pin_fault(pin, account) is not None


@given(st.from_regex(r"[0-9]{1,12}", fullmatch=True))
def test_what_is_made_is_allowed(account: str) -> None:
    """Six digits, for any account."""
    pin = make_pin(account)
    assert len(pin) == 6
    assert pin_fault(pin, account) is None


def test_no_two_are_alike() -> None:
    """As far as dice go: of a hundred at most a few."""
    assert len({make_pin("1042") for _ in range(100)}) > 95
