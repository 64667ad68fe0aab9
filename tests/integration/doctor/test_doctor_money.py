"""What doctor finds about rates, Stripe and cards."""

import pytest

from ivr.config import Settings
from ivr.doctor import CHECKS, State, examine
from ivr.store import Store
from tests.integration.conftest import Sql
from tests.integration.doctor.healthy import faults, warnings


@pytest.mark.parametrize(("change", "state"), [("currency = 'EUR'", State.FAULT), ("price_cents = 77777", State.WARNING)])
def test_a_rate_that_cannot_be_told_or_not_in_time(whole: Settings, sql: Sql, change: str, state: State) -> None:
    """There are no words for euros; a long price takes more than 25 s."""
    sql(f"UPDATE rate SET {change}")
    [found] = examine(whole, {"rate": CHECKS["rate"]})
    assert (found.state, "ivr rate add" in found.mend) == (state, True)


def test_no_rate_at_all(whole: Settings, sql: Sql) -> None:
    sql("DELETE FROM rate")
    assert "No rate is valid now" in faults(examine(whole, {"rate": CHECKS["rate"]}))["rate"]


def test_webhooks_that_never_came(whole: Settings, store: Store, sql: Sql) -> None:
    """A wrong secret shows only when payments were made and Stripe told of none; one that is a minute old says nothing yet."""
    check, incident = {"stripe": CHECKS["stripe"]}, store.begin_call(channel="PJSIP/trunk-1", uniqueid="1.1", caller_id="+15555550177")

    def pays(intent: str, ago: str) -> None:
        columns = "INSERT INTO hold (id, incident_id, minutes, amount_cents, currency)"
        sql(f"{columns} VALUES (gen_random_uuid(), {incident.id}, 15, 4059, 'USD')")
        sql(f"UPDATE hold SET intent_id = '{intent}', created_at = now() - interval '{ago}' WHERE intent_id IS NULL")

    pays("pi_1", "1 minute")
    assert warnings(examine(whole, check)) == {}
    pays("pi_2", "1 hour")
    assert "for the last 1 payments" in warnings(examine(whole, check))["stripe"]
    store.hear_webhook("evt_1", "payment_intent.created", "pi_2")
    assert warnings(examine(whole, check)) == {}


def test_a_key_that_moves_no_money_is_said_so(whole: Settings) -> None:
    """Who forgets to change it takes no real card."""
    [found] = [one for one in examine(whole, {"stripe": CHECKS["stripe"]}) if one.state is State.OK]
    assert "test key" in found.text


def test_keypad_cards_on_an_open_line(whole: Settings) -> None:
    """Each line must be encrypted, or the warning names it; the sandbox is nobody's bank."""
    real = whole.model_copy(update={"keypad_cards": True, "stripe_url": "", "trunk_encrypted": True})
    assert "trunk2" in warnings(list(CHECKS["cards"](real)))["cards"]
    for fine in ({"trunk2_encrypted": True}, {"keypad_cards": False}, {"stripe_url": "http://127.0.0.1:1"}):
        assert [one.state for one in CHECKS["cards"](real.model_copy(update=fine))] == [State.OK]
