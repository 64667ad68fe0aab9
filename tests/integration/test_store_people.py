"""Customers, rates and the ladder."""

import pytest

from ivr.errors import SetupError
from ivr.store import Store
from tests.integration.conftest import Sql


def test_the_rate_is_the_latest_that_is_already_valid(store: Store, sql: Sql) -> None:
    """Neither last year's nor tomorrow's; with none at all the text says what to do."""
    assert store.current_rate().price_cents == 250
    sql("DELETE FROM rate")
    with pytest.raises(SetupError, match="Add a rate"):
        store.current_rate()


def test_a_number_recognises_its_only_customer(store: Store) -> None:
    """Nobody's number and a number of two customers recognise nobody."""
    found = store.customer_by_phone("+12025550101")
    assert found is not None
    assert (found.account, found.trunks) == ("1001", True)
    assert store.customer_by_phone("+12025550102") is None
    assert store.customer_by_phone("+19995550000") is None


def test_an_account_number_finds_its_customer(store: Store) -> None:
    """And nothing else does."""
    found = store.customer_by_account("1006")
    assert found is not None
    assert found.name == "No Agreement"
    for wrong in ("", "0", "1' OR '1'='1", "\0", "9" * 5000):
        assert store.customer_by_account(wrong) is None
