"""The sandbox accepts only parameters that Stripe's library knows, and reads Stripe's form encoding."""

from collections.abc import Iterator, Mapping
from typing import Any, ForwardRef, get_args

import pytest
import stripe
from stripe import params as library

from ivr.embedded.stripe_sandbox import parameters
from ivr.embedded.stripe_sandbox.endpoints import ENDPOINTS, Endpoint
from ivr.embedded.stripe_sandbox.errors import ApiError
from ivr.embedded.stripe_sandbox.forms import read_form
from tests.integration.sandbox_client import confirmed, created, served

RAW_CARD = "payment_method_data.card"
"""Taken by Stripe, with its permission, and left out of the library's types: https://github.com/stripe/stripe-mock/issues/706"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stripe.StripeClient]:
    with served(tmp_path_factory.mktemp("stripe")) as (_, client):
        yield client


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.name}")
def test_every_parameter_exists_in_stripes_library(endpoint: Endpoint) -> None:
    """The sandbox never takes what Stripe would refuse."""
    found = unknown(endpoint.spec, declared(getattr(library, endpoint.name)))
    assert [name for name in found if name != RAW_CARD] == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.name}")
def test_what_the_library_requires_the_sandbox_requires(endpoint: Endpoint) -> None:
    """A request that Stripe would refuse as incomplete is refused here too."""
    needed = {name for name, hint in declared(getattr(library, endpoint.name)).items() if "NotRequired" not in str(hint)}
    wanted = needed & set(endpoint.spec)
    assert wanted <= set(endpoint.required) | {"type"}


def test_the_check_finds_an_invented_parameter() -> None:
    """Or it would prove nothing."""
    names = declared(library.PaymentIntentConfirmParams)
    options = {"payment_method_options": {"card": {"motto": parameters.boolean}}}
    assert unknown({"nonsense": parameters.text, **options}, names) == ["nonsense", "payment_method_options.card.motto"]


def declared(hash_type: Any) -> Mapping[str, Any]:
    """The names of a ``TypedDict`` of the library, with its bases'."""
    names: dict[str, Any] = dict(hash_type.__annotations__)
    return names


def unknown(spec: Mapping[str, Any], names: Mapping[str, Any], path: str = "") -> list[str]:
    """The parameters, inner ones too, that the library does not declare."""
    found = []
    for name, reader in spec.items():
        if name not in names:
            found.append(path + name)
        elif isinstance(reader, Mapping) and name != "metadata":
            found += unknown(reader, declared(_hash_of(names[name])), f"{path}{name}.")
    return found


def _hash_of(hint: Any) -> Any:
    text = hint.__forward_arg__ if isinstance(hint, ForwardRef) else str(hint)
    inner = get_args(hint)[0] if get_args(hint) else None
    text = inner.__forward_arg__ if isinstance(inner, ForwardRef) else text
    named = [part.strip(" '\"") for part in text.split("|")]
    return next(getattr(library, part) for part in named if part.endswith(("Params",)) or hasattr(library, part))


def test_brackets() -> None:
    """Nested hashes, numbered and unnumbered lists, repeated and empty values."""
    assert read_form("a[b][c]=1&a[b][d]=2&l[]=x&l[]=y&n[0][k]=v&n[1][k]=w&e=&u=%C3%A9+%26") == {
        "a": {"b": {"c": "1", "d": "2"}}, "l": ["x", "y"], "n": [{"k": "v"}, {"k": "w"}], "e": "", "u": "é &",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["[a]=1", "a]b=1", "a[=1", "a[b=1", "a=1&a[b]=2", "a[b]=1&a=2&a[c]=3", "a[b][c][d][e][f][g][h]=1"])
def test_brackets_that_make_no_sense(text: str) -> None:
    """An error in Stripe's shape, never a crash."""
    with pytest.raises(ApiError):
        read_form(text)


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"amount": 1000, "currency": "usd", "nonsense": 1}, "parameter_unknown", "nonsense"),
        ({"amount": 1000, "currency": "usd", "automatic_payment_methods": {"x": 1}}, "parameter_unknown", "automatic_payment_methods[x]"),
        (
            {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ({"amount": 1000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}, None, "return_url"),
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 1000}, "parameter_missing", "currency"),
        ({"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": -5, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "12.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 2**70, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 1000, "currency": "zzz"}, None, "currency"),
        ({"amount": 1000, "currency": "usd", "capture_method": "later"}, None, "capture_method"),
        ({"amount": 1000, "currency": "usd", "confirm": "maybe"}, None, "confirm"),
        ({"amount": 1000, "currency": "usd", "customer": "cus_none"}, "resource_missing", "customer"),
        ({"amount": 1000, "currency": "usd", "expand": ["nonsense"]}, None, "expand"),
    ],
)
def test_wrong_parameters(client: stripe.StripeClient, given: Any, code: str | None, param: str) -> None:
    """Each is named, with Stripe's code; nothing is made."""
    before = client.v1.events.list().data
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(given)
    assert (caught.value.code, caught.value.param) == (code, param)
    assert client.v1.events.list().data == before


@pytest.mark.parametrize("cents", [50, 99_999_999])
def test_the_smallest_and_the_largest_amount(client: stripe.StripeClient, cents: int) -> None:
    """The bounds themselves are taken."""
    assert created(client, cents).amount == cents


def test_pages(client: stripe.StripeClient) -> None:
    """Newest first, forwards and backwards, whole by the library's own paging, and no further than asked."""
    customer = client.v1.customers.create().id
    made = [created(client, customer=customer).id for _ in range(5)][::-1]
    intents = client.v1.payment_intents
    first = intents.list({"customer": customer, "limit": 2})
    assert ([one.id for one in first.data], first.has_more) == (made[:2], True)
    second = intents.list({"customer": customer, "limit": 3, "starting_after": made[1]})
    assert ([one.id for one in second.data], second.has_more) == (made[2:], False)
    back = intents.list({"customer": customer, "limit": 2, "ending_before": made[4]})
    assert ([one.id for one in back.data], back.has_more) == (made[2:4], True)
    assert [one.id for one in intents.list({"customer": customer, "limit": 2}).auto_paging_iter()] == made


def test_pages_by_time(client: stripe.StripeClient) -> None:
    """``created[gte]`` is what the reconciler asks."""
    intent = created(client)
    intents = client.v1.payment_intents
    assert intent.id in [one.id for one in intents.list({"created": {"gte": intent.created}, "limit": 100}).data]
    assert intents.list({"created": {"gt": intent.created + 60}}).data == []
    assert intents.list({"created": {"lt": 1}}).data == []


@pytest.mark.parametrize("limit", [0, 101])
def test_pages_of_an_impossible_size(client: stripe.StripeClient, limit: int) -> None:
    """From 1 to 100."""
    with pytest.raises(stripe.InvalidRequestError, match="limit"):
        client.v1.payment_intents.list({"limit": limit})


def test_expanding(client: stripe.StripeClient) -> None:
    """``latest_charge`` of one and of a list is the charge itself."""
    intent = confirmed(client, created(client, 700, capture_method="automatic").id, expand=["latest_charge"])
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert intent.latest_charge.amount_captured == 700
    listed = client.v1.payment_intents.list({"limit": 1, "expand": ["data.latest_charge"]}).data[0]
    assert isinstance(listed.latest_charge, stripe.Charge)


def test_metadata_changes_key_by_key(client: stripe.StripeClient) -> None:
    """Named keys change, an empty value takes one away."""
    intent = created(client, metadata={"hold": "1", "incident": "2"})
    changed = client.v1.payment_intents.update(intent.id, {"metadata": {"hold": "", "more": "3"}, "amount": 900})
    assert (changed.metadata.to_dict(), changed.amount) == ({"incident": "2", "more": "3"}, 900)
