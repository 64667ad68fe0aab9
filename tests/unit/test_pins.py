"""PINs: only the right one with the right pepper fits, and many at once stay bounded."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from ivr import pins
from ivr.pins import AT_ONCE, check_pin, hash_pin

PEPPER = SecretStr("pepper")


@settings(max_examples=30, deadline=None)
@given(st.text("0123456789", min_size=4, max_size=8), st.text("0123456789*#", max_size=8))
def test_only_the_right_pin_fits(pin: str, other: str) -> None:
    """Any digits."""
    stored = hash_pin(pin, PEPPER)
    assert check_pin(pin, stored, PEPPER)
    assert check_pin(other, stored, PEPPER) is (other == pin)


def test_the_hash_is_worth_nothing_without_the_pepper() -> None:
    """A copy of the database cannot be searched for four digits; equal PINs are not seen to be equal."""
    assert not check_pin("1234", hash_pin("1234", PEPPER), SecretStr("other"))
    assert hash_pin("1234", PEPPER) != hash_pin("1234", PEPPER)


def test_the_cost_is_the_designs() -> None:
    """One pass, 8 MiB, one lane."""
    assert hash_pin("1234", PEPPER).startswith("$argon2id$v=19$m=8192,t=1,p=1$")


@pytest.mark.parametrize("damaged", ["", "x", "$argon2id$v=19$m=8192,t=1,p=1$AAAA", "1234", "$argon2id$\ud800", "é"])
def test_a_damaged_hash_fits_nothing(damaged: str) -> None:
    """It is a wrong PIN, not a crash in the middle of a call."""
    assert not check_pin("1234", damaged, PEPPER)


def test_at_most_four_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty callers together take the memory of four."""
    inside, most, lock = 0, 0, Lock()
    stored = hash_pin("1234", PEPPER)
    real = pins._peppered

    def counted(*given: Any) -> bytes:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            return b"".join(real(*given) for _ in range(2000))[:32]
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(pins, "_peppered", counted)
    with ThreadPoolExecutor(30) as threads:
        assert all(threads.map(lambda _: check_pin("1234", stored, PEPPER), range(30)))
    assert 1 < most <= AT_ONCE
