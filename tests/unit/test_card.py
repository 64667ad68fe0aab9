"""Cards: each bad input has its own fault, and a card shows nothing of itself in any way that Python can write it."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.card import Brand, Card, CardFault, brand, code_fault, expiry, expiry_fault, number_fault, zip_fault

NUMBER = "4242424242424242"
DIGITS = st.text("0123456789", max_size=25)
ANYTHING = st.one_of(DIGITS, st.text(max_size=25), st.text("0123456789*#ABCD", max_size=25))


def a_card() -> Card:
    """A card whose every secret is a word of its own."""
    return Card(NUMBER, 11, 2031, "987", "54321")


def with_check_digit(digits: str) -> str:
    """``digits`` with the last one that makes the number right, found by trying."""
    return next(digits + last for last in "0123456789" if number_fault(digits + last) is not CardFault.NUMBER_WRONG)


@pytest.mark.parametrize(
    ("number", "network"),
    [
        ("4242424242424242", Brand.VISA),
        ("4000056655665556", Brand.VISA),
        ("4222222222222", Brand.VISA),
        ("5555555555554444", Brand.MASTERCARD),
        ("2223003122003222", Brand.MASTERCARD),
        ("378282246310005", Brand.AMEX),
        ("371449635398431", Brand.AMEX),
        ("6011111111111117", Brand.DISCOVER),
        ("6011981111111113", Brand.DISCOVER),
        ("30569309025904", Brand.DINERS),
        ("36227206271667", Brand.DINERS),
        ("3056930009020004", Brand.DINERS),
        ("3566002020360505", Brand.JCB),
        ("6200000000000005", Brand.UNIONPAY),
        ("6205500000000000004", Brand.UNIONPAY),
    ],
)
def test_documented_test_numbers_are_right(number: str, network: Brand) -> None:
    """Stripe's own numbers, of every network and length."""
    assert number_fault(number) is None
    assert brand(number) is network


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("", CardFault.NUMBER_SHORT),
        ("4", CardFault.NUMBER_SHORT),
        ("424242424242", CardFault.NUMBER_SHORT),  # 12
        ("424242424242424", CardFault.NUMBER_SHORT),  # one digit lost
        ("42424242424242424", CardFault.NUMBER_LONG),  # one digit doubled
        ("42424242424242424242", CardFault.NUMBER_LONG),  # 20
        ("37828224631000", CardFault.NUMBER_SHORT),
        ("3782822463100050", CardFault.NUMBER_LONG),
        ("555555555555444", CardFault.NUMBER_SHORT),
        ("999999999999", CardFault.NUMBER_SHORT),
        ("99999999999999999999", CardFault.NUMBER_LONG),
        ("4242424242424241", CardFault.NUMBER_WRONG),
        ("4224242424242424", CardFault.NUMBER_WRONG),  # two digits changed places
        ("9999999999999995", CardFault.BRAND_UNKNOWN),
        ("0000000000000000", CardFault.BRAND_UNKNOWN),
        ("0004242424242424", CardFault.BRAND_UNKNOWN),
        ("04242424242424242", CardFault.BRAND_UNKNOWN),
        ("4242 4242 4242 4242", CardFault.NUMBER_WRONG),
        ("4242424242424242#", CardFault.NUMBER_WRONG),
        ("4242*4242", CardFault.NUMBER_WRONG),
        ("\uff14" * 16, CardFault.NUMBER_WRONG),
        ("²²²²²²²²²²²²²²²²", CardFault.NUMBER_WRONG),
        ("\x00" * 16, CardFault.NUMBER_WRONG),
    ],
)
def test_a_wrong_number_has_its_own_fault(number: str, fault: CardFault) -> None:
    """Bad inputs 6 and 7: check digit, 12 and 20 digits, unknown network, signs that no number has."""
    assert number_fault(number) is fault


@given(st.sampled_from([("4", 15), ("51", 14), ("2720", 12), ("34", 13), ("65", 14), ("3095", 10), ("3589", 12), ("81", 14)]), st.data())
def test_every_changed_digit_is_noticed(kind: tuple[str, int], data: st.DataObject) -> None:
    """The check digit finds any one digit that was mistyped; what is found is the check digit when prefix and length still fit."""
    prefix, more = kind
    body = prefix + data.draw(st.text("0123456789", min_size=more - 1, max_size=more - 1))
    right = with_check_digit(body)
    assert number_fault(right) is None
    place = data.draw(st.integers(len(prefix), len(right) - 1))
    other = data.draw(st.sampled_from(sorted(set("0123456789") - {right[place]})))
    assert number_fault(right[:place] + other + right[place + 1 :]) is CardFault.NUMBER_WRONG


@given(ANYTHING)
def test_nothing_that_is_keyed_crashes(keyed: str) -> None:
    """Whatever arrives, the answer is a fault or none; and a number without fault has a network."""
    assert (number_fault(keyed) is None) <= (brand(keyed) is not None)
    expiry_fault(keyed, date(2026, 1, 1))
    code_fault(keyed, keyed)
    zip_fault(keyed)


@pytest.mark.parametrize(
    ("keyed", "today", "fault"),
    [
        ("1126", date(2026, 11, 1), None),
        ("1126", date(2026, 11, 30), None),
        ("1126", date(2026, 12, 1), CardFault.EXPIRED),
        ("1226", date(2026, 12, 31), None),
        ("1226", date(2027, 1, 1), CardFault.EXPIRED),
        ("0228", date(2028, 2, 29), None),
        ("0127", date(2026, 12, 31), None),
        ("1225", date(2026, 1, 1), CardFault.EXPIRED),
        ("0099", date(2026, 1, 1), CardFault.MONTH_WRONG),
        ("1399", date(2026, 1, 1), CardFault.MONTH_WRONG),
        ("", date(2026, 1, 1), CardFault.MONTH_WRONG),
        ("126", date(2026, 1, 1), CardFault.MONTH_WRONG),
        ("12026", date(2026, 1, 1), CardFault.MONTH_WRONG),
        ("1/26", date(2026, 1, 1), CardFault.MONTH_WRONG),
        ("+126", date(2026, 1, 1), CardFault.MONTH_WRONG),
        ("\uff11\uff11\uff12\uff16", date(2026, 1, 1), CardFault.MONTH_WRONG),
    ],
)
def test_a_card_is_good_through_the_last_day_of_its_month(keyed: str, today: date, fault: CardFault | None) -> None:
    """And a month is 01 to 12."""
    assert expiry_fault(keyed, today) is fault


def test_expiry_has_four_digit_years() -> None:
    """Years are 2000 to 2099; anything else raises."""
    assert expiry("1231") == (12, 2031)
    assert expiry("0100") == (1, 2000)
    for wrong in ("0031", "1331", "131", "01311", "ab31", ""):
        with pytest.raises(ValueError, match="month and a year"):
            expiry(wrong)


@pytest.mark.parametrize(
    ("code", "number", "right"),
    [
        ("123", NUMBER, True),
        ("000", "5555555555554444", True),
        ("1234", "378282246310005", True),
        ("123", "378282246310005", False),
        ("1234", NUMBER, False),
        ("12", NUMBER, False),
        ("", NUMBER, False),
        ("12*", NUMBER, False),
        ("\uff11" * 3, NUMBER, False),
        ("123", "", True),
    ],
)
def test_the_code_has_three_digits_and_american_express_four(code: str, number: str, right: bool) -> None:
    """Bad inputs 7: a code of the wrong length."""
    assert code_fault(code, number) is (None if right else CardFault.CODE_WRONG_LENGTH)


@pytest.mark.parametrize(("keyed", "right"), [("02139", True), ("2139", False), ("021390", False), ("", False), ("0213A", False)])
def test_a_zip_code_has_five_digits(keyed: str, right: bool) -> None:
    """Leading zeros count."""
    assert zip_fault(keyed) is (None if right else CardFault.ZIP_WRONG_LENGTH)


def test_every_way_to_print_a_card_shows_four_digits() -> None:
    """str, repr, format with any specification, percent, inside of containers."""
    card = a_card()
    printed = ["%s" % card, "%r" % (card,), "%20s" % card]  # noqa: UP031
    printed += [str(card), repr(card), f"{card}", f"{card!r}", f"{card:>40}", f"{card:d}", f"{card:.3s}", "{:s}".format(card)]  # noqa: UP032
    printed += [str([card]), repr({"card": card}), str((card,)), repr({card}), ascii(card)]
    for text in printed:
        assert "****4242" in text
        assert not leaks(text)


def test_a_card_is_not_written_anywhere() -> None:
    """pickle of every protocol, copies, JSON, its attributes as a dict, its state."""
    card = a_card()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(card, protocol)
    writers: list[Callable[[Any], object]] = [copy.copy, copy.deepcopy, json.dumps, vars, bytes, dict, list]
    for write in writers:
        with pytest.raises(TypeError):
            write(card)
    for method in (card.__reduce__, card.__getstate__):
        with pytest.raises(TypeError):
            method()
    assert not hasattr(card, "__dict__")
    assert not leaks(json.dumps({"card": card}, default=str))


def test_a_card_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """At any level, as an argument or in an exception's text."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("ivr").debug("paid with %s %r", a_card(), [a_card()])
        try:
            raise ValueError(a_card())
        except ValueError:
            logging.getLogger("ivr").exception("failed")
    assert "****4242" in caplog.text
    assert not leaks(caplog.text)


def test_a_traceback_with_all_local_variables_shows_four_digits() -> None:
    """As debuggers and error collectors write it."""

    def fails(card: Card) -> None:
        kept = {"card": card, "cards": [card]}
        raise RuntimeError(f"no {kept}")

    with pytest.raises(RuntimeError) as caught:
        fails(a_card())
    written = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "kept = " in written
    assert not leaks(written)


def test_the_gateway_reads_the_fields() -> None:
    """What reaches Stripe is what was keyed."""
    card = a_card()
    assert (card.number, card.month, card.year, card.code, card.zip) == (NUMBER, 11, 2031, "987", "54321")
    assert (card.last4, card.brand) == ("4242", Brand.VISA)
    assert Card(NUMBER, 11, 2031, "987").zip is None


def test_names_of_prompts() -> None:
    """Each fault is a prompt's name, as the payment plays it."""
    assert {str(fault) for fault in CardFault} == {
        "card_number_short",
        "card_number_long",
        "card_number_wrong",
        "card_brand_unknown",
        "card_month_wrong",
        "card_expired",
        "card_code_wrong_length",
        "card_zip_wrong_length",
    }


def leaks(text: str) -> bool:
    """Whether more of the card than its last four digits stands in ``text``."""
    return any(secret in text for secret in (NUMBER, NUMBER[:6], "987", "54321", "2031"))
