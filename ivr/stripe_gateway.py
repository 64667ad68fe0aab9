"""Stripe, for a caller who waits: each call is over within ``stripe_seconds``, safe to repeat, and raises only our own errors.

Card data passes through to Stripe and stays nowhere: not in a log, an exception or its traceback, or the library's own messages.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import stripe
import stripe._util

from ivr import stripe_objects
from ivr.card import Card
from ivr.config import Settings
from ivr.errors import CardDeclined, ForgedWebhook, SetupError, StripeRefused
from ivr.model.money import Hold, Intent
from ivr.stripe_answers import canceled, captured, failure, held
from ivr.stripe_retry import Deadline, LookFirst, insist, read
from ivr.stripe_wire import Answer, NoAnswer, Wire

log = logging.getLogger(__name__)
T = TypeVar("T")
Page = tuple[list[Intent], str | None]

API_VERSION: Final = "2026-10-28.endive"
"""The version that the library's types are made for; the account's own may be another."""

WEBHOOK_SECONDS: Final = 300
"""How old a webhook may be (docs.stripe.com/webhooks, "Preventing replay attacks")."""

MOST_WEBHOOK_BYTES: Final = 1_000_000
_PAGE: Final = 100  # the most that Stripe lists at once
_CLOCKS: Final = timedelta(minutes=5)  # how far our clock and Stripe's may be apart
_UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)


class StripeGateway:
    """All that the hotline asks of Stripe; for any number of threads. Raises StripeUnavailable, StripeRefused, SetupError (no key)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wire = Wire(stripe.ca_bundle_path)
        _ = stripe.StripeClient("sk_none").v1.payment_intents  # loads the library's parts now, not while somebody waits

    def close(self) -> None:
        """Give the connections up."""
        self._wire.close()

    def create(self, hold: Hold) -> Intent:
        """An intent of the hold's amount, without card and unconfirmed; the one that exists already if there is one."""
        deadline = self._deadline()
        return insist(
            lambda name: self._one(deadline, lambda intents: intents.create(stripe_objects.creation(hold), _key(name))),
            lambda: self._created(hold, deadline),
            key=str(hold.id),
            deadline=deadline,
        )

    def confirm(self, intent_id: str, card: Card, *, key: str) -> Intent:
        """Hold the intent's amount on ``card``; it then requires capture. Raises CardDeclined with the bank's reason."""
        moto = self._settings.stripe_moto
        return self._change(
            intent_id, lambda intents, name: intents.confirm(intent_id, stripe_objects.confirmation(card, moto=moto), _key(name)), held, key
        )

    def retrieve(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        deadline = self._deadline()
        return read(lambda: self._one(deadline, lambda intents: intents.retrieve(intent_id, {"expand": ["latest_charge"]})), deadline)

    def capture(self, intent_id: str, cents: int, *, key: str) -> Intent:
        """Take ``cents`` of what is held and give the rest back. Done already is done; StripeRefused if it was another sum."""
        try:
            return self._change(
                intent_id,
                lambda intents, name: intents.capture(intent_id, {"amount_to_capture": cents}, _key(name)),
                lambda intent: captured(intent, cents),
                key,
            )
        except CardDeclined as declined:
            reason = declined.decline
        raise StripeRefused(f"{cents} of {intent_id} can't be captured: {reason}")

    def cancel(self, intent_id: str, *, key: str) -> Intent:
        """Give back all that is held. Done already is done; StripeRefused if it was captured."""
        return self._change(intent_id, lambda intents, name: intents.cancel(intent_id, {}, _key(name)), canceled, key)

    def refund(self, intent_id: str, cents: int, *, key: str) -> str:
        """Give ``cents`` of what was captured back. The refund's id; that of the earlier one if ``key`` was used before."""
        deadline = self._deadline()
        params = stripe_objects.refunding(intent_id, cents, key)
        return insist(
            lambda name: self._ask(
                deadline, lambda client: stripe_objects.refund_id(client.v1.refunds.create(params, _key(name)).to_dict())
            ),
            lambda: self._refunded(intent_id, key, deadline),
            key=key,
            deadline=deadline,
        )

    def refunded(self, intent_id: str, *, key: str) -> str | None:
        """The id of the refund that was made under ``key``, also when Stripe has forgotten the key; None when there is none."""
        deadline = self._deadline()
        return read(lambda: (self._refunded(intent_id, key, deadline),), deadline)[0]

    def intents(self, since: datetime) -> Iterator[Intent]:
        """All intents of the account created from ``since`` on, newest first. Each page has a deadline of its own."""
        return self._listed(lambda after: self._page_in_time(since, after))

    def ping(self) -> None:
        """Ask the least that only our key may: the newest intents. For whoever watches or examines."""
        next(self.intents(since=datetime.now(UTC)), None)

    def event(self, payload: bytes, signature: str) -> tuple[str, str, str | None]:
        """A webhook's event id, its kind, and the intent that it is about (None: none). Raises ForgedWebhook, SetupError (no secret)."""
        secret = self._settings.stripe_webhook_secret
        if secret is None:
            raise SetupError("No webhook can be believed without its secret. Set IVR_STRIPE_WEBHOOK_SECRET to what Stripe shows there.")
        if len(payload) > MOST_WEBHOOK_BYTES:
            raise ForgedWebhook("larger than any event of Stripe's")
        try:
            stripe.WebhookSignature.verify_header(payload, signature, secret.get_secret_value(), WEBHOOK_SECONDS)
            return stripe_objects.event(json.loads(payload))
        except (stripe.SignatureVerificationError, RecursionError, *_UNREADABLE) as wrong:
            reason = type(wrong).__name__
        raise ForgedWebhook(reason)

    def _change(
        self,
        intent_id: str,
        act: Callable[[stripe.PaymentIntentService, str], stripe.PaymentIntent],
        judge: Callable[[Intent], Intent | None],
        key: str,
    ) -> Intent:
        """``act`` under ``key``, insisted on until ``judge`` sees it done."""
        deadline = self._deadline()
        return insist(
            lambda name: judge(self._one(deadline, lambda intents: act(intents, name))),
            lambda: judge(self._one(deadline, lambda intents: intents.retrieve(intent_id))),
            key=key,
            deadline=deadline,
        )

    def _created(self, hold: Hold, deadline: Deadline) -> Intent | None:
        found = self._listed(lambda after: self._page(hold.created_at - _CLOCKS, after, deadline))
        return next((intent for intent in found if intent.hold_id == hold.id), None)

    def _refunded(self, intent_id: str, key: str, deadline: Deadline) -> str | None:
        def ask(client: stripe.StripeClient) -> str | None:
            refunds = client.v1.refunds.list({"payment_intent": intent_id, "limit": _PAGE})
            return stripe_objects.refund_with(key, [refund.to_dict() for refund in refunds.data])

        return self._ask(deadline, ask)

    def _listed(self, page_after: Callable[[str | None], Page]) -> Iterator[Intent]:
        page, after = page_after(None)
        yield from page
        while after is not None:
            page, after = page_after(after)
            yield from page

    def _page_in_time(self, since: datetime, after: str | None) -> Page:
        deadline = self._deadline()
        return read(lambda: self._page(since, after, deadline), deadline)

    def _page(self, since: datetime, after: str | None, deadline: Deadline) -> Page:
        """Intents, and the id of the last one when there are more."""
        params: Any = {
            "created": {"gte": int(since.timestamp())},
            "limit": _PAGE,
            "expand": ["data.latest_charge"],
            **({"starting_after": after} if after else {}),
        }

        def ask(client: stripe.StripeClient) -> Page:
            listed = client.v1.payment_intents.list(params)
            page = [stripe_objects.intent(found.to_dict()) for found in listed.data]
            return page, page[-1].id if page and listed.has_more else None

        return self._ask(deadline, ask)

    def _one(self, deadline: Deadline, ask: Callable[[stripe.PaymentIntentService], stripe.PaymentIntent]) -> Intent:
        return self._ask(deadline, lambda client: stripe_objects.intent(ask(client.v1.payment_intents).to_dict()))

    def _ask(self, deadline: Deadline, ask: Callable[[stripe.StripeClient], T]) -> T:
        """One request. The library's errors become ours and are forgotten: their frames carry what was sent."""
        client = self._client(deadline)
        try:
            return ask(client)
        except stripe.StripeError as error:
            ours = _ours(error)
        except _UNREADABLE as strange:
            ours = LookFirst(f"an answer that can't be read ({type(strange).__name__})")
        if isinstance(ours, StripeRefused):
            log.error("%s", ours)
        raise ours

    def _deadline(self) -> Deadline:
        return Deadline(self._settings.stripe_seconds)

    def _client(self, deadline: Deadline) -> stripe.StripeClient:
        key = self._settings.stripe_key
        if key is None:
            raise SetupError("Nobody can pay by card without Stripe's secret key. Set IVR_STRIPE_KEY to what its dashboard shows.")
        url = self._settings.stripe_url.rstrip("/")
        return stripe.StripeClient(
            key.get_secret_value(),
            stripe_version=API_VERSION,
            base_addresses={"api": url} if url else None,
            max_network_retries=0,
            http_client=_Http(self._wire, deadline),
        )


class _Http(stripe.HTTPClient):
    """The library's way to our wire, for the requests of one call."""

    name = "urllib3"

    def __init__(self, wire: Wire, deadline: Deadline) -> None:
        super().__init__()
        self._wire = wire
        self._deadline = deadline

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: str | None = None
    ) -> Answer:
        try:
            return self._wire.send(method.upper(), url, headers or {}, post_data, self._deadline)
        except NoAnswer as nothing:
            reason = str(nothing)
        raise stripe.APIConnectionError(reason)  # type: ignore[no-untyped-call]


def _key(name: str) -> stripe.RequestOptions:
    return {"idempotency_key": name}


def _ours(error: stripe.StripeError) -> Exception:
    if isinstance(error, stripe.APIConnectionError):
        return failure(None, {"type": str(error)}, {})
    detail = error.json_body.get("error") if isinstance(error.json_body, Mapping) else None
    return failure(error.http_status or 0, detail if isinstance(detail, Mapping) else {}, error.headers or {})


def _be_silent() -> None:
    """The library logs and prints what it sends at debug level, and measures for Stripe: neither, whatever the environment says."""
    stripe.enable_telemetry = False
    stripe.log = None
    stripe._util.STRIPE_LOG = None
    logger = logging.getLogger("stripe")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_is_loud)


def _is_loud(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


_be_silent()
