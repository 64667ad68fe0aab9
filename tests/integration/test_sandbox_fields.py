"""The sandbox's objects have the fields of Stripe's own examples, and no value that Stripe's library would not expect."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import pytest
import stripe

from tests.integration.sandbox_client import confirmed, created, data, held, served

FIXTURES = Path(__file__).parents[3] / "shared" / "stripe" / "fixtures.json"
CLASSES = {
    "customer": stripe.Customer,
    "payment_method": stripe.PaymentMethod,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "event": stripe.Event,
}
pytestmark = pytest.mark.skipif(not FIXTURES.exists(), reason="Stripe's example objects lie beside the repository")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Objects of each kind in many states, as JSON."""
    with served(tmp_path_factory.mktemp("stripe")) as (sandbox, client):
        sandbox.account(moto=True)
        customer = client.v1.customers.create({"name": "A", "address": {"city": "B"}, "metadata": {"a": "b"}})
        method = client.v1.payment_methods.create(data())
        client.v1.payment_methods.attach(method.id, {"customer": customer.id})
        open_intent, taken = created(client), held(client)
        captured = client.v1.payment_intents.capture(taken.id, {"amount_to_capture": 5000})
        refund = client.v1.refunds.create({"payment_intent": taken.id, "amount": 700, "reason": "duplicate"})
        asked = confirmed(client, created(client).id, "4000002500003155")
        declined = _declined(client)
        moto = confirmed(client, created(client).id, payment_method_options={"card": {"moto": True}})
        canceled = client.v1.payment_intents.cancel(held(client).id)
        intents = [open_intent, taken, captured, asked, declined, moto, canceled]
        charges = [client.v1.charges.retrieve(str(one.latest_charge)) for one in intents if one.latest_charge]
        methods = [client.v1.payment_methods.retrieve(method.id), method]
        found: dict[str, list[Any]] = {"customer": [customer], "payment_method": methods, "payment_intent": intents}
        found |= {"charge": charges, "refund": [refund], "event": client.v1.events.list().data}
        yield {kind: [one.to_dict() for one in objects] for kind, objects in found.items()}


def _declined(client: stripe.StripeClient) -> stripe.PaymentIntent:
    intent = created(client)
    with pytest.raises(stripe.CardError):
        confirmed(client, intent.id, "4000000000009995")
    return client.v1.payment_intents.retrieve(intent.id)


@pytest.mark.parametrize("kind", CLASSES)
def test_fields_are_those_of_stripes_examples(made: dict[str, list[dict[str, Any]]], kind: str) -> None:
    """Not one more, not one less; of the example's JSON type, or null where the library's type has None."""
    example = json.loads(FIXTURES.read_text())["resources"][kind]
    for one in made[kind]:
        assert set(one) == set(example)
        for name, value in one.items():
            # the library does not type what is the same on every object
            allowed = value is None and allows(None, CLASSES[kind].__annotations__.get(name, str))
            expected = example[name]
            plain = type(value) is type(expected) or expected is None
            reference = isinstance(value, str) and isinstance(expected, dict)  # an id in place of an expanded object
            assert allowed or (value is not None and (plain or reference)), f"{kind}.{name} is {value!r}, Stripe's is {expected!r}"


@pytest.mark.parametrize("kind", CLASSES)
def test_values_are_of_the_types_of_stripes_library(made: dict[str, list[dict[str, Any]]], kind: str) -> None:
    """Down to the innermost hash: every name is declared, every value is of the declared type."""
    for one in made[kind]:
        assert faults(one, CLASSES[kind], kind) == []


def test_the_check_of_types_finds_faults(made: dict[str, list[dict[str, Any]]]) -> None:
    """Or it would prove nothing."""
    intent = made["payment_intent"][0]
    assert faults({**intent, "amount": "1"}, stripe.PaymentIntent, "x") == ["x.amount"]
    assert faults({**intent, "status": None}, stripe.PaymentIntent, "x") == ["x.status"]
    assert faults({**intent, "next_action": {"type": "t", "other": 1}}, stripe.PaymentIntent, "x") == ["x.next_action.other"]


def faults(value: dict[str, Any], declared: type, path: str) -> list[str]:
    """The paths of what the library's class does not declare, or declares of another type."""
    names: dict[str, Any] = {}
    for base in reversed(declared.__mro__):
        names |= inspect.get_annotations(base)
    found = []
    for name, part in value.items():
        inner = _class_of(names.get(name))
        if name not in names or not allows(part, names[name]):
            found.append(f"{path}.{name}")
        elif isinstance(part, dict) and inner is not None:
            found += faults(part, inner, f"{path}.{name}")
    return found


def allows(value: Any, declared: Any) -> bool:
    """Whether a JSON value is of a type as the library declares it."""
    origin = get_origin(declared)
    if origin in (Union, UnionType):
        return any(allows(value, one) for one in get_args(declared))
    if origin is Literal:
        return value in get_args(declared)
    if origin is list:
        return isinstance(value, list) and all(allows(one, get_args(declared)[0]) for one in value)
    if declared in (None, type(None)):
        return value is None
    if declared in (int, str, bool, float):
        return type(value) is declared
    if isinstance(declared, ForwardRef):
        return isinstance(value, dict)
    return isinstance(value, dict)


def _class_of(declared: Any) -> type | None:
    """The library's class of a hash, if it has its own."""
    options = [declared, *get_args(declared)]
    return next((one for one in options if isinstance(one, type) and issubclass(one, stripe.StripeObject) and one.__annotations__), None)
