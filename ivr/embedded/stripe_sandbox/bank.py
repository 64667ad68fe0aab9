"""The account's state: its database, its switches, and the events of what happens in it."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.embedded.stripe_sandbox import objects
from ivr.embedded.stripe_sandbox.database import Database
from ivr.embedded.stripe_sandbox.errors import Document, invalid, missing_object

SWITCHES: Final[Mapping[str, str]] = {"moto": "false", "raw_cards": "true", "confirm_seconds": "0", "webhooks": "deliver"}
"""Permissions of the account (Stripe grants ``moto`` and raw card numbers by hand), a standing delay, how webhooks go out."""
_NOUNS: Final = {"payment_method": "PaymentMethod"}


@dataclass
class Bank:
    """What every endpoint works on. Only within a transaction of its database."""

    database: Database
    has_webhook: bool
    request_id: str | None = None
    idempotency_key: str | None = None
    new_events: list[Document] = field(default_factory=list)

    @staticmethod
    def now() -> int:
        """Unix seconds."""
        return int(time.time())

    def switch(self, name: str) -> str:
        """How a switch of the account stands."""
        return self.database.setting(name, SWITCHES[name])

    def fingerprint(self, text: bytes) -> str:
        """Tells equal texts without keeping them: a hash with a key that is random for each sandbox."""
        key = self.database.setting("fingerprint_key", secrets.token_hex(32))
        return hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest()

    def get(self, kind: str, key: str, param: str) -> Document:
        """The object. Raises ``ApiError`` naming the parameter."""
        found = self.database.get(kind, key)
        if found is None:
            raise missing_object(_NOUNS.get(kind, kind), key, param)
        return found

    def put(self, document: Document, *events: str) -> Document:
        """Keeps the object as it is now, and says so in these events."""
        self.database.put(document)
        for kind in events:
            event = objects.event(
                kind, objects.shown(document), request=self.request_id, idempotency_key=self.idempotency_key,
                pending=int(self.has_webhook), now=self.now(),
            )  # fmt: skip
            self.database.put(event)
            self.new_events.append(event)
        return document

    def page(self, kind: str, url: str, given: Mapping[str, Any], equal: Mapping[str, str]) -> Document:
        """A list object: https://docs.stripe.com/api/pagination"""
        limit = given.get("limit", 10)
        if not 1 <= limit <= 100:
            raise invalid("Invalid limit: must be from 1 to 100", param="limit", saved=False)
        after, before = given.get("starting_after"), given.get("ending_before")
        if after is not None and before is not None:
            raise invalid("You can't use both starting_after and ending_before.", param="starting_after", saved=False)
        for name, cursor in (("starting_after", after), ("ending_before", before)):
            if cursor is not None:
                self.get(kind, cursor, name)
        found = self.database.page(kind, limit + 1, equal=equal, created=given.get("created", {}), after=after, before=before)
        kept = found[-limit:] if before is not None else found[:limit]
        return {"object": "list", "data": kept, "has_more": len(found) > limit, "url": url}
