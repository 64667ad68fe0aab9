"""Cards that are not accepted: each for its reason, and what is not the card's fault."""

import pytest

from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import CardDeclined, StripeRefused
from ivr.model.money import Decline, IntentStatus
from ivr.stripe_gateway import StripeGateway
from tests.integration.gateway.account import a_card, a_gateway, a_hold, the_only


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("4000000000000002", Decline.DECLINED),
        ("4000000000000341", Decline.DECLINED),
        ("4000000000009995", Decline.INSUFFICIENT_FUNDS),
        ("4000000000000069", Decline.EXPIRED_CARD),
        ("4000000000000127", Decline.INCORRECT_CODE),
        ("4000000000000119", Decline.PROCESSING_ERROR),
        ("4000002500003155", Decline.AUTHENTICATION_REQUIRED),
        ("4242424242424241", Decline.INCORRECT_NUMBER),
        ("4111111111111111", Decline.DECLINED),
    ],
)
def test_each_decline_has_its_reason_and_a_good_card_then_works(
    gateway: StripeGateway, sandbox: SandboxControl, number: str, reason: Decline
) -> None:
    """On the same intent, which holds nothing in between; the same key says the same again."""
    created = gateway.create(a_hold())
    for _ in range(2):
        with pytest.raises(CardDeclined) as declined:
            gateway.confirm(created.id, a_card(number), key=f"{created.hold_id}-attempt-1")
        assert declined.value.decline is reason
        assert the_only(sandbox)["status"] == "requires_payment_method"
    assert gateway.confirm(created.id, a_card(), key=f"{created.hold_id}-attempt-2").status is IntentStatus.REQUIRES_CAPTURE
    assert the_only(sandbox)["amount_capturable"] == 15_000


def test_an_expiry_in_the_past_is_an_expired_card(gateway: StripeGateway) -> None:
    """As Stripe finds it, should our clock be wrong."""
    created = gateway.create(a_hold())
    with pytest.raises(CardDeclined) as declined:
        gateway.confirm(created.id, a_card(year=2020), key="attempt")
    assert declined.value.decline is Decline.EXPIRED_CARD


def test_telephone_orders_are_marked_only_by_setting(sandbox: SandboxControl) -> None:
    """With the permission, a card that wants authentication is approved; without it the parameter is refused."""
    gateway = a_gateway(sandbox.url, stripe_moto=True)
    created = gateway.create(a_hold())
    with pytest.raises(StripeRefused):
        gateway.confirm(created.id, a_card("4000002500003155"), key="attempt-1")
    sandbox.account(moto=True)
    confirmed = gateway.confirm(created.id, a_card("4000002500003155"), key="attempt-2")
    assert confirmed.status is IntentStatus.REQUIRES_CAPTURE
    gateway.close()


def test_without_permission_for_card_numbers_nobody_is_called_declined(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Stripe's refusal of raw numbers is ours to mend, not the card's fault."""
    sandbox.account(raw_cards=False)
    created = gateway.create(a_hold())
    with pytest.raises(StripeRefused):
        gateway.confirm(created.id, a_card(), key="attempt")
