"""What an administrator enters, checked before the records see it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ivr import tariff
from ivr.administration.forms import LONGEST_ACCOUNT, SPOKEN_CURRENCIES, CustomerForm, RateForm, faults, plain_text
from ivr.identify import ACCOUNT

RATE = {"cents": "250", "minimum": "15", "increment": "1", "currency": "USD", "tax_percent": "8.25", "blocks": "15,30,60"}


def test_an_account_is_never_longer_than_a_caller_can_key_in() -> None:
    assert ACCOUNT.longest == LONGEST_ACCOUNT


@pytest.mark.parametrize("phone", ["+12025550142", "1 202 555 0142", "(202) 555-0142", "202.555.0142", "+1 (202) 555 0142"])
def test_every_form_of_a_number_is_one_number(phone: str) -> None:
    """Bad input 4, where it is entered."""
    form = CustomerForm.model_validate({"account": "1", "phones": phone}, context={"country": "US"})
    assert form.phones == ("+12025550142",)


@given(st.text(max_size=120))
def test_no_text_that_is_taken_steers_a_terminal_or_a_spreadsheet(text: str) -> None:
    """Taken means: one printable line that begins with no sign of a formula."""
    try:
        taken = plain_text(text)
    except ValueError:
        return
    assert taken.isprintable() or " " in taken or any(letter.isspace() for letter in taken)
    assert not {"\n", "\r", "\t", "\0", "\x1b", "\u202e", "\u2028", "\u200b"} & set(taken)
    assert 0 < len(taken) <= 100
    assert taken[0] not in "=+-@|%"


@given(
    st.fixed_dictionaries(
        {
            "cents": st.integers(-5, 10**9).map(str),
            "minimum": st.integers(-1, 2000).map(str),
            "increment": st.integers(0, 2).map(str),
            "currency": st.sampled_from([*SPOKEN_CURRENCIES, "EUR", "usd", ""]),
            "tax_percent": st.decimals(-1, 101, places=2).map(str),
            "blocks": st.lists(st.integers(0, 200), max_size=4).map(lambda blocks: ",".join(map(str, blocks))),
        }
    )
)
def test_every_block_of_a_rate_that_is_taken_can_be_bought_and_held(typed: dict[str, str]) -> None:
    """The form and the tariff agree."""
    try:
        rate = RateForm.model_validate(typed).rate()
    except ValidationError:
        return
    assert tariff.blocks(rate) == tuple(sorted(set(rate.blocks)))
    for minutes in rate.blocks:
        assert tariff.block_cents(rate, minutes) > 0


@pytest.mark.parametrize(("field", "value"), [("cents", "0"), ("currency", "EUR"), ("tax_percent", "8.255"), ("blocks", "20,15,x")])
def test_a_fault_names_the_field_as_the_administrator_knows_it(field: str, value: str) -> None:
    """And never repeats the value."""
    values: dict[str, Any] = RATE | {field: value}
    with pytest.raises(ValidationError) as refused:
        RateForm.model_validate(values)
    [fault] = faults(refused.value, {field: f"--{field}"})
    assert fault.startswith(f"--{field}: ")
