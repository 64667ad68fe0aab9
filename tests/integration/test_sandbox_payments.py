"""Cards, holds, captures, releases and refunds in the sandbox go as Stripe documents them."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from ivr.embedded.stripe_sandbox import SandboxControl
from tests.integration.sandbox_client import GOOD, client_of, confirmed, created, data, held, served

AUTHENTICATE = "4000002500003155"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxControl]:
    with served(tmp_path_factory.mktemp("stripe")) as (sandbox, _):
        yield sandbox


@pytest.fixture
def client(sandbox: SandboxControl) -> Iterator[stripe.StripeClient]:
    yield client_of(sandbox)
    sandbox.account(moto=False, raw_cards=True)


def kinds(client: stripe.StripeClient, intent: str) -> list[str]:
    """The events about an intent and its charges, oldest first."""
    events = client.v1.events.list({"limit": 100}).data
    about = [(one.type, one.to_dict()["data"]["object"]) for one in events]
    return [str(kind) for kind, thing in about if intent in (thing.get("id"), thing.get("payment_intent"))][::-1]


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        (GOOD, "visa"), ("5555555555554444", "mastercard"), ("378282246310005", "amex"), ("6011111111111117", "discover"),
        ("30569309025904", "diners"), ("3566002020360505", "jcb"), ("6200000000000005", "unionpay"),
    ],
)  # fmt: skip
def test_approved_numbers(client: stripe.StripeClient, number: str, brand: str) -> None:
    """The amount is held, nothing is taken; the charge says brand and last four."""
    intent = confirmed(client, created(client).id, number, expand=["latest_charge"])
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 10_800, 0)
    assert isinstance(intent.latest_charge, stripe.Charge)
    details = intent.latest_charge.payment_method_details
    assert details is not None
    assert details.card is not None
    assert (details.card.brand, details.card.last4, intent.latest_charge.captured) == (brand, number[-4:], False)


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
        ("4000000000000341", "card_declined", "generic_decline"),
        (AUTHENTICATE, "authentication_required", "authentication_required"),
    ],
)
def test_declined_numbers(client: stripe.StripeClient, number: str, code: str, decline_code: str | None) -> None:
    """402; the intent waits for another card, says why, and takes a good one."""
    intent = created(client)
    with pytest.raises(stripe.CardError) as caught:
        confirmed(client, intent.id, number, error_on_requires_action=True)
    error = caught.value.error
    assert error is not None
    assert (caught.value.http_status, caught.value.code, error.to_dict().get("decline_code")) == (402, code, decline_code)
    again = client.v1.payment_intents.retrieve(intent.id)
    assert error.payment_intent == again
    assert (again.status, again.payment_method, again.amount_capturable) == ("requires_payment_method", None, 0)
    assert again.last_payment_error is not None
    assert (again.last_payment_error.code, again.last_payment_error.to_dict().get("decline_code")) == (code, decline_code)
    assert client.v1.charges.retrieve(str(again.latest_charge)).status == "failed"
    assert confirmed(client, intent.id).status == "requires_capture"
    assert client.v1.payment_intents.retrieve(intent.id).last_payment_error is None


@pytest.mark.parametrize(
    ("card", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "42424242424"}, "invalid_number", "number"),
        ({"number": "4242424242424242" * 2}, "invalid_number", "number"),
        ({"number": "4242x24242424242"}, "invalid_number", "number"),
        ({"number": "4111111111111111"}, "card_declined", None),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": 0}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": 2199}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
        ({"cvc": "1234"}, "invalid_cvc", "cvc"),
    ],
)
def test_cards_that_no_bank_is_asked_about(client: stripe.StripeClient, card: dict[str, object], code: str, param: str | None) -> None:
    """402 with the field; the intent is as before, without a charge."""
    intent = created(client)
    given = data()
    given["card"] |= card
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.confirm(intent.id, {"payment_method_data": given})
    assert (caught.value.code, caught.value.param) == (code, param)
    assert given["card"]["number"] not in str(caught.value.http_body)
    assert client.v1.payment_intents.retrieve(intent.id) == intent
    if code == "card_declined":
        assert caught.value.error is not None
        assert caught.value.error.decline_code == "test_mode_live_card"


def test_authentication(client: stripe.StripeClient) -> None:
    """Without the wish to fail the intent waits for the cardholder, and another card can be sent instead."""
    intent = confirmed(client, created(client).id, AUTHENTICATE)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert kinds(client, intent.id)[-1] == "payment_intent.requires_action"
    assert confirmed(client, intent.id).status == "requires_capture"


def test_telephone_orders_need_permission(client: stripe.StripeClient, sandbox: SandboxControl) -> None:
    """Without it the parameter is unknown; with it there is no authentication; it is a matter of the confirmation alone."""
    intent = created(client)
    moto: Any = {"payment_method_options": {"card": {"moto": True}}}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        confirmed(client, intent.id, AUTHENTICATE, **moto)
    assert (caught.value.code, caught.value.param) == ("parameter_unknown", "payment_method_options[card][moto]")
    sandbox.account(moto=True)
    with pytest.raises(stripe.InvalidRequestError, match="during confirmation"):
        created(client, **moto)
    assert confirmed(client, intent.id, AUTHENTICATE, error_on_requires_action=True, **moto).status == "requires_capture"
    with pytest.raises(stripe.CardError):  # a bank's no is a no
        confirmed(client, created(client).id, "4000000000000002", **moto)


def test_raw_cards_need_permission(client: stripe.StripeClient, sandbox: SandboxControl) -> None:
    """Without it numbers are refused; Stripe's ready PaymentMethods go on to work."""
    sandbox.account(raw_cards=False)
    intent = created(client)
    with pytest.raises(stripe.InvalidRequestError, match="generally unsafe"):
        confirmed(client, intent.id)
    assert client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "requires_capture"


def test_a_part_is_captured_once_and_the_rest_freed(client: stripe.StripeClient) -> None:
    """The second capture and a late cancel are refused."""
    intent = held(client)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 10_801})
    assert caught.value.code == "amount_too_large"
    taken = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 3600})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 3600, 0)
    charge = client.v1.charges.retrieve(str(taken.latest_charge))
    assert (charge.captured, charge.amount_captured, charge.amount_refunded, charge.refunded) == (True, 3600, 7200, False)
    assert [one.amount for one in client.v1.refunds.list({"payment_intent": intent.id}).data] == [7200]
    for again in (client.v1.payment_intents.capture, client.v1.payment_intents.cancel, client.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            again(intent.id)
        assert caught.value.code == "payment_intent_unexpected_state"
    assert kinds(client, intent.id) == [
        *("payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated", "charge.captured"),
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(("cents", "code"), [(0, "parameter_invalid_integer"), (-1, "parameter_invalid_integer"), (49, "amount_too_small")])
def test_amounts_that_can_not_be_captured(client: stripe.StripeClient, cents: int, code: str) -> None:
    """Zero is a cancel, not a capture; the hold stands."""
    intent = held(client)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": cents})
    assert caught.value.code == code
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_every_unfinished_intent_can_be_canceled(client: stripe.StripeClient) -> None:
    """Then nothing more can be done with it."""
    waiting = client.v1.payment_intents.update(created(client).id, {"payment_method": "pm_card_visa"})
    asked = confirmed(client, created(client).id, AUTHENTICATE)
    states = [created(client), waiting, asked, held(client)]
    assert [one.status for one in states] == ["requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"]
    for intent in states:
        canceled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
        assert (canceled.status, canceled.amount_capturable, canceled.cancellation_reason) == ("canceled", 0, "abandoned")
        for act in (client.v1.payment_intents.cancel, client.v1.payment_intents.capture):
            with pytest.raises(stripe.InvalidRequestError) as caught:
                act(intent.id)
            assert caught.value.code == "payment_intent_unexpected_state"
        with pytest.raises(stripe.InvalidRequestError):
            confirmed(client, intent.id)
        assert kinds(client, intent.id)[-1] == "payment_intent.canceled"


def test_a_hold_lapses(client: stripe.StripeClient, sandbox: SandboxControl) -> None:
    """As after seven days: canceled by Stripe itself; only holds lapse."""
    intent = held(client)
    sandbox.expire(intent.id)
    lapsed = client.v1.payment_intents.retrieve(intent.id)
    assert (lapsed.status, lapsed.cancellation_reason) == ("canceled", "automatic")
    assert kinds(client, intent.id)[-1] == "payment_intent.canceled"
    with pytest.raises(ValueError, match="Only a hold"):
        sandbox.expire(intent.id)


def test_refunds_never_exceed_what_was_captured(client: stripe.StripeClient) -> None:
    """In parts, until nothing is left."""
    intent = held(client)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id})
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 5000})
    part = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1500, "metadata": {"refund": "1"}})
    assert (part.amount, part.status, client.v1.refunds.retrieve(part.id)) == (1500, "succeeded", part)
    for cents in (3501, 0):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"payment_intent": intent.id, "amount": cents})
    rest = client.v1.refunds.create({"charge": str(intent.latest_charge)})
    assert rest.amount == 3500
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    assert [one.amount for one in client.v1.refunds.list({"payment_intent": intent.id}).data] == [3500, 1500, 5800]
    assert client.v1.charges.retrieve(str(intent.latest_charge)).refunded is True


def test_a_card_of_nobody_pays_once(client: stripe.StripeClient) -> None:
    """Attached to a customer it pays again, but only for that customer."""
    intents = client.v1.payment_intents
    method = client.v1.payment_methods.create(data()).id
    assert intents.confirm(created(client).id, {"payment_method": method}).status == "requires_capture"
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        intents.confirm(created(client).id, {"payment_method": method})
    customer = client.v1.customers.create({"name": "A"}).id
    kept = client.v1.payment_methods.attach(client.v1.payment_methods.create(data()).id, {"customer": customer}).id
    for _ in range(2):
        assert intents.confirm(created(client, customer=customer).id, {"payment_method": kept}).status == "requires_capture"
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        intents.confirm(created(client).id, {"payment_method": kept})
    client.v1.payment_methods.detach(kept)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        intents.confirm(created(client, customer=customer).id, {"payment_method": kept})


def test_which_cards_can_be_attached(client: stripe.StripeClient) -> None:
    """…0341 attaches and then fails; the other declined ones can't be attached."""
    customer = client.v1.customers.create().id
    methods = client.v1.payment_methods
    with pytest.raises(stripe.CardError):
        methods.attach(methods.create(data("4000000000000002")).id, {"customer": customer})
    kept = methods.attach(methods.create(data("4000000000000341")).id, {"customer": customer}).id
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.confirm(created(client, customer=customer).id, {"payment_method": kept, "off_session": True})


def test_confirmed_at_once(client: stripe.StripeClient) -> None:
    """``confirm=true`` at the creation; a decline leaves the intent behind."""
    assert created(client, confirm=True, payment_method_data=data()).status == "requires_capture"
    with pytest.raises(stripe.CardError) as caught:
        created(client, confirm=True, payment_method_data=data("4000000000000002"))
    assert caught.value.error is not None
    left = caught.value.error.payment_intent
    assert left is not None
    assert client.v1.payment_intents.retrieve(left.id).status == "requires_payment_method"


def test_what_is_not_there(client: stripe.StripeClient) -> None:
    """404 with Stripe's words."""
    for ask in (
        lambda: client.v1.payment_intents.retrieve("pi_none"),
        lambda: client.v1.payment_intents.capture("pi_none"),
        lambda: client.v1.customers.retrieve("cus_none"),
        lambda: client.v1.charges.retrieve("ch_none"),
        lambda: client.v1.refunds.retrieve("re_none"),
        lambda: client.v1.payment_methods.retrieve("pm_none"),
        lambda: client.v1.events.retrieve("evt_none"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask()
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        client.v1.products.list()


@pytest.mark.parametrize("key", ["sk_test_wrong", "sk_live_0123456789abcdef", "x"])
def test_a_wrong_key(sandbox: SandboxControl, key: str) -> None:
    """401, and the key is not echoed whole."""
    with pytest.raises(stripe.AuthenticationError) as caught:
        created(client_of(sandbox, key))
    assert caught.value.http_status == 401
    assert key not in str(caught.value.http_body) or len(key) < 4
