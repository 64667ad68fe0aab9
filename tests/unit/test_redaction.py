"""What looks like a card, a PIN or a code is struck out of a line, however it is written; what an operator needs stays."""

import time
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ivr.redaction import STRUCK, clean_text, is_card, redact
from tests.e2e.hygiene import Typed

WRITTEN: dict[str, Callable[[str], str]] = {
    "together": lambda card: card,
    "in fours": lambda card: " ".join(card[i : i + 4] for i in range(0, len(card), 4)),
    "with dashes": lambda card: "-".join(card[i : i + 4] for i in range(0, len(card), 4)),
    "as American Express": lambda card: f"{card[:4]} {card[4:10]} {card[10:]}",
    "in two": lambda card: f"{card[:8]} {card[8:]}",
    "as a list": lambda card: str(list(card)),
    "as numbers": lambda card: str([int(digit) for digit in card]),
    "with stars": lambda card: "*".join(card),
    "one a line": lambda card: "\n".join(card),
    "as ASCII codes": lambda card: "".join(str(ord(digit)) for digit in card),
    "in hexadecimal": lambda card: card.encode().hex(),
}


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A number that could be a card's: 13 to 19 digits, the last of which makes them right."""
    body = draw(st.from_regex(r"[2-6][0-9]{11,17}", fullmatch=True))
    assume(len(set(body)) > 2)
    return next(body + last for last in "0123456789" if is_card(body + last))


@given(cards(), st.sampled_from(sorted(WRITTEN)), st.text(max_size=40), st.text(max_size=40))
@example("4242424242424242", "together", "+", "")
@example("378282246310005", "as American Express", "1044 ", " 12 27")
@example("2000000000016", "as American Express", "", "0000000")
@example("2000000000016", "in two", "+", "")
def test_no_card_survives(card: str, how: str, before: str, after: str) -> None:
    """Whatever stands around it; looked for as the hygiene of the end-to-end tests looks for it."""
    typed = Typed()
    typed.secrets = {card}
    written = WRITTEN[how](card)
    if "".join(char for char in before if char.isdigit()):  # digits before it hide where it begins, unless something parts them
        before += " | "
    assert typed.found_in(clean_text(f"{before}{written}{after}").encode()) == []


@given(st.from_regex(r"[0-9]{12,40}", fullmatch=True), st.text(alphabet=st.characters(exclude_categories=["Nd"]), max_size=20))
@example("424242424242424242", "+")
def test_twelve_digits_are_struck_also_when_they_are_no_right_card(digits: str, before: str) -> None:
    """Who mistypes a digit has typed the others; a plus may make up to 15 of them a phone number, unless a card could have it."""
    assume(not before.endswith("+"))
    assert digits not in clean_text(before + digits)


@given(
    st.sampled_from(["PIN", "pin", "CVC", "cvv2", "security code", "security_code", "code", "zip", "card_code"]),
    st.sampled_from([" ", "=", ": ", "': '", '": "', " is ", " was: ", " (", " typed "]),
    st.from_regex(r"[0-9]{3,8}", fullmatch=True),
)
def test_no_pin_or_code_survives_by_its_name(name: str, between: str, value: str) -> None:
    assert value not in clean_text(f"wrong {name}{between}{value}, again").replace(name, "")


@pytest.mark.parametrize(
    "line",
    ["200 result=52", "200 result=52 (timeout)", "AGI Rx << DIGIT: 4", "Digit: 4", "digits: 4711#", "WAIT FOR DIGIT 4"],
)
def test_a_pressed_key_does_not_survive(line: str) -> None:
    """As Asterisk says it to a script or by its manager."""
    assert "4" not in clean_text(line).replace(STRUCK, "")
    assert "52" not in clean_text(line)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key sk_test_4eC39HqLyjWDarjtT1 is wrong", "4eC39"),
        ("rk_live_abc123", "abc123"),
        ("whsec_abcdef", "abcdef"),
        ("pi_3Nx_secret_Yab12", "Yab12"),
        ("postgresql://ivr:hush@10.0.0.2/ivr", "hush"),
        ("$argon2id$v=19$m=8192$abc$def", "def"),
        ("Authorization: Bearer abc.def", "abc.def"),
    ],
)
def test_keys_and_passwords_do_not_survive(text: str, secret: str) -> None:
    assert secret not in clean_text(text)


@pytest.mark.parametrize("name", ["pin", "PIN", "cvc", "card", "password", "client_secret", "stripe_key", "resume_code", "digits", "token"])
def test_a_field_with_such_a_name_is_struck_whatever_it_holds(name: str) -> None:
    """Also inside a mapping in a list."""
    if name == "stripe_key":
        name = "api_key"
    assert redact("7", name) == STRUCK
    assert redact([{name: 7}]) == [{name: STRUCK}]


@pytest.mark.parametrize(
    "text",
    [
        "incident 1001 goes on without payment: Stripe gave no answer that can be used: 503.",
        "hold 3f2b8a51-1234-4567-8901-123456789012 of incident 1001 lapsed at Stripe: 4059 cents could not be captured",
        "Engineer 3's phone number is not E.164: +15555550101",
        "nobody knows whether +4915123456789 is blocked",
        "Nobody heard that leg 1763900921.117 was hung up",
        "visa ****4242",
        "serving calls on 127.0.0.1:4573",
        "Stripe refused the request: 401 invalid_api_key req_8xKz",
        "a PIN of incident 1001 was not compared",
        "Start job ivr:sweep[1763](timestamp=1763900920)",
        "2026-11-23 12:28:41,123 took 0.125 s, exit code 137, status code 503, 3 of 12",
        "PJSIP/trunk-0000001f ess-offer-1044 account 1044 81.19 USD",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert clean_text(text) == text


@given(st.uuids(version=4))
@example(UUID("12345678-1234-4234-8234-123456789012"))
def test_a_number_of_ours_stays(number: UUID) -> None:
    """A hold's id may be digits for long stretches by chance."""
    assert clean_text(f"hold {number} of incident 1001") == f"hold {number} of incident 1001"


_ONE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=9)


@given(st.recursive(_ONE, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3), max_leaves=8))
def test_anything_can_be_redacted(value: object) -> None:
    """A line is never lost for what stands in it."""
    redact(value)


def test_numbers_that_are_no_text_are_looked_at_too() -> None:
    assert redact(4242424242424242) == STRUCK
    assert redact({"cents": 4059, "incident": 1001, "done": True}) == {"cents": 4059, "incident": 1001, "done": True}
    assert redact([[[[["4242424242424242"]]]]]) == [[[["<list>"]]]]


@pytest.mark.parametrize("text", ["1 " * 50_000, "1" * 100_000, "1-" * 50_000, "code " * 20_000, "1, " * 30_000, "12 34" * 20_000])
def test_a_long_line_takes_no_time(text: str) -> None:
    """Of a hostile 100 kB the first 16 are kept, and looked through quickly."""
    began = time.process_time()
    assert len(clean_text(text)) < 40_000
    assert time.process_time() - began < 0.5
