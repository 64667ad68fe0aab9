"""Bad inputs 8: amounts 0, negative, fractional, beyond 64 bits, and unknown currencies, wherever an amount can come in.

The tariff's own refusals are in tests/unit/test_tariff.py; an administrator's refund in Python in test_refunds.py.
"""

from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from ivr import holds
from ivr.config import Settings
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import BadAmount, HotlineError, StripeRefused
from ivr.model.money import HoldStatus
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.administering import ivr
from tests.integration.conftest import Sql
from tests.integration.paying import consented, prepaid, talked

BEYOND = 2**64
WRONG_CENTS = [0, -1, 0.5, 2**31, 2**63, BEYOND + 500]
WRONG_CURRENCIES = ["XXX", "", "US", "usd ", "DOLLAR", "JPY"]
"""``JPY`` has no cents, which nothing here counts in."""


@pytest.mark.parametrize("cents", ["0", "-1", "2147483648", str(2**63), str(BEYOND), "NULL", "'ten'"])
def test_a_rate_has_a_price(sql: Sql, cents: str) -> None:
    """No row is changed; a caller never hears such a price."""
    with pytest.raises(psycopg.Error):
        sql(f"UPDATE rate SET price_cents = {cents}")


@pytest.mark.parametrize("column", ["minimum_minutes = -1", "increment_minutes = 0", "tax_basis_points = -1", "tax_basis_points = 10001",
                                    "blocks = '{0}'", "blocks = '{15,-30}'", "blocks = '{NULL}'"])  # fmt: skip
def test_a_rate_has_whole_minutes_and_a_tax(sql: Sql, column: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(f"UPDATE rate SET {column}")


@pytest.mark.parametrize("currency", WRONG_CURRENCIES)
def test_a_rate_has_a_currency_with_cents(sql: Sql, currency: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        sql("UPDATE rate SET currency = %s", currency)


@pytest.mark.parametrize("cents", WRONG_CENTS)
def test_a_hold_of_no_amount_is_no_hold(store: Store, cents: int) -> None:
    """Refused as one of our own errors, and no row stands."""
    incident = consented(store)
    with pytest.raises(HotlineError):
        store.open_hold(uuid4(), incident.id, minutes=15, amount_cents=cents, currency="USD")
    assert store.holds(incident.id) == []


@pytest.mark.parametrize("currency", WRONG_CURRENCIES)
def test_a_hold_in_no_currency_is_no_hold(store: Store, currency: str) -> None:
    incident = consented(store)
    with pytest.raises(HotlineError):
        store.open_hold(uuid4(), incident.id, minutes=15, amount_cents=4059, currency=currency)
    assert store.holds(incident.id) == []


@pytest.mark.parametrize("minutes", [0, -15, 0.5, 2**40, BEYOND])
def test_minutes_that_make_no_amount_never_reach_stripe(
    store: Store, gateway: StripeGateway, sandbox: SandboxControl, minutes: int
) -> None:
    """Refused before the row, and before Stripe is asked."""
    incident = consented(store)
    with pytest.raises(BadAmount):
        holds.open_hold(store, gateway, incident.id, minutes=minutes, rate=store.current_rate())
    assert store.holds(incident.id) == []
    assert sandbox.intents() == []


@pytest.mark.parametrize("cents", [0, -1, 49, 100_000_000, 2**63, BEYOND])
def test_stripe_refuses_what_slipped_through(store: Store, gateway: StripeGateway, sandbox: SandboxControl, cents: int) -> None:
    """The gateway says StripeRefused, never another library's exception, and there is no intent."""
    incident = consented(store)
    hold = store.open_hold(uuid4(), incident.id, minutes=15, amount_cents=4059, currency="USD")
    with pytest.raises(StripeRefused):
        gateway.create(replace(hold, amount_cents=cents))
    assert sandbox.intents() == []


def test_stripe_refuses_an_unknown_currency(store: Store, gateway: StripeGateway, sandbox: SandboxControl) -> None:
    incident = consented(store)
    hold = store.open_hold(uuid4(), incident.id, minutes=15, amount_cents=4059, currency="USD")
    with pytest.raises(StripeRefused):
        gateway.create(replace(hold, currency="XXX"))
    assert sandbox.intents() == []


@pytest.mark.parametrize("cents", ["0", "-1", "0.5", "1e3", "ten", "", str(BEYOND), "999999999"])
def test_a_refund_of_no_amount_is_refused_in_a_sentence(store: Store, gateway: StripeGateway, paying: Settings, cents: str) -> None:
    """At the command line: exit code 1 or 2 and words, never a traceback; nothing is given back."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    settle(store, gateway, hold.incident_id)
    secrets = {"IVR_STRIPE_KEY": str(paying.stripe_key and paying.stripe_key.get_secret_value()), "IVR_STRIPE_URL": paying.stripe_url}
    done = ivr(paying, "money", "refund", str(hold.incident_id), f"--cents={cents}", "--reason=goodwill", **secrets)
    assert done.returncode in (1, 2), done.stdout
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr + done.stdout
    assert store.refunds(hold.id) == []
    assert store.hold(hold.id).status is HoldStatus.CAPTURED
