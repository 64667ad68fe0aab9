"""Messages of callers whom nobody answered, and which pages were sent about whom."""

from collections.abc import Sequence
from uuid import uuid4

from ivr.errors import UnknownRecord
from ivr.model.incident import Category, IncidentStatus
from ivr.model.report import Message, Occasion, PageNews
from ivr.records.clean import clean_text
from ivr.records.database import Database, Row

LONGEST_NAME = 100  # characters of who heard a message


class Messages:
    """All methods raise StoreUnavailable."""

    _db: Database
    _node: str

    def begin_message(self, incident_id: int) -> Message:
        """A row for what the caller is about to say, on this machine. Raises UnknownRecord."""
        row = self._db.row("begin_message", incident_id=incident_id, node=self._node, request=uuid4())
        if row is None:
            raise UnknownRecord(f"There is no incident {incident_id}.")
        return Message(**row)

    def message_recorded(self, message_id: int, seconds: float) -> None:
        """How long it became, 0 when nothing was said. Written once: the first wins."""
        self._db.rows("message_recorded", message_id=message_id, seconds=seconds)

    def messages(self, incident_id: int | None = None, *, unheard: bool = False, limit: int = 100) -> list[Message]:
        """The newest first, of one incident or of all."""
        return messages_of(self._db, incident_id, unheard=unheard, limit=limit)

    def messages_heard(self, incident_id: int, by: str) -> int:
        """Somebody has heard everything that was recorded for the incident; how many messages were new to us."""
        return len(self._db.rows("messages_heard", incident_id=incident_id, by=clean_text(by, LONGEST_NAME)))

    def unmeasured_messages(self, longest: float) -> list[Message]:
        """Those on this machine whose length is not known, and that nobody records any more: ``longest`` seconds ago they began, or the
        caller has gone."""
        return [Message(**row) for row in self._db.rows("unmeasured_messages", node=self._node, longest=longest)]

    def page_news(self, incident_id: int) -> PageNews:
        """What a page says of the incident. Raises UnknownRecord."""
        row = self._db.row("page_news", incident_id=incident_id)
        if row is None:
            raise UnknownRecord(f"There is no incident {incident_id}.")
        return _news(row)

    def page_addresses(self, engineers: Sequence[int] | None = None) -> list[tuple[str, str]]:
        """Name and address (an Apprise URL, secret) of active engineers: of these, or of all."""
        rows = self._db.rows("page_addresses", engineers=None if engineers is None else list(engineers))
        return [(row["name"], url) for row in rows for url in row["page_urls"]]

    def set_page_urls(self, engineer_id: int, urls: Sequence[str]) -> None:
        """Where the engineer is paged from now on (Apprise URLs). Raises UnknownRecord."""
        if self._db.row("set_page_urls", engineer_id=engineer_id, urls=list(urls)) is None:
            raise UnknownRecord(f"There is no engineer {engineer_id}.")

    def rung_engineers(self, incident_id: int) -> list[int]:
        """The ids of those who are being rung for the incident now."""
        return [row["id"] for row in self._db.rows("rung_engineers", incident_id=incident_id)]

    def claim_page(self, incident_id: int, occasion: Occasion, recipient: str, who: str, seconds: float) -> bool:
        """True when this page is ours to send for so many seconds: it was not sent, and nobody else is at it."""
        page = {"incident_id": incident_id, "occasion": occasion.value, "recipient": recipient}
        return self._db.row("claim_page", **page, who=who, seconds=seconds) is not None

    def page_is_sent(self, incident_id: int, occasion: Occasion, recipient: str) -> bool:
        """Whether it went out."""
        row = self._db.row("page_is_sent", incident_id=incident_id, occasion=occasion.value, recipient=recipient)
        return bool(row and row["sent"])

    def page_sent(self, incident_id: int, occasion: Occasion, recipient: str) -> None:
        """It went out: it is never sent again."""
        self._db.rows("page_sent", incident_id=incident_id, occasion=occasion.value, recipient=recipient)

    def page_failed(self, incident_id: int, occasion: Occasion, recipient: str) -> None:
        """It did not go out: whoever tries again need not wait for the claim to lapse."""
        self._db.rows("page_failed", incident_id=incident_id, occasion=occasion.value, recipient=recipient)


def messages_of(database: Database, incident_id: int | None, *, unheard: bool = False, limit: int = 100) -> list[Message]:
    """As :meth:`Messages.messages`."""
    return [Message(**row) for row in database.rows("messages", incident_id=incident_id, unheard=unheard, limit=limit)]


def _news(row: Row) -> PageNews:
    category = row["category"]
    return PageNews(**(row | {"status": IncidentStatus(row["status"]), "category": Category(category) if category else None}))
