"""Calls, legs and the incident's way from open to ended."""

from secrets import randbelow
from uuid import NAMESPACE_OID, uuid4, uuid5

from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.incident import Category, Consent, Cover, EndReason, Incident, IncidentStatus
from ivr.model.leg import OpenLeg
from ivr.model.money import Rate
from ivr.records.clean import clean_text
from ivr.records.database import Database, Row

LONGEST_CALLER_ID = 64  # characters; longer ones carry no number


class Calls:
    """All methods raise StoreUnavailable, and UnknownRecord for an incident that does not exist."""

    _db: Database
    _node: str

    def begin_call(self, *, channel: str, uniqueid: str, caller_id: str | None) -> Incident:
        """The incident of a caller who has just arrived. The same one again for the same ``uniqueid``."""
        known = None if caller_id is None else clean_text(caller_id, LONGEST_CALLER_ID) or None
        row = self._db.row("begin_call", channel=channel, uniqueid=uniqueid, caller_id=known, node=self._node)
        return incident_of_row(_found(row, "call", uniqueid))

    def incident(self, incident_id: int) -> Incident:
        """The incident as it stands now."""
        return incident_of_row(_found(self._db.row("incident", incident_id=incident_id), "incident", incident_id))

    def incident_of_channel(self, uniqueid: str) -> Incident | None:
        """The incident of a caller's or an engineer's channel; None for a channel that is not ours."""
        row = self._db.row("incident_of_channel", uniqueid=uniqueid)
        return incident_of_row(row) if row else None

    def incident_of_caller(self, uniqueid: str) -> Incident | None:
        """The incident of a caller's channel; None for every other channel, an engineer's too."""
        row = self._db.row("incident_of_caller", uniqueid=uniqueid)
        return incident_of_row(row) if row else None

    def caller_legs(self, incident_id: int) -> list[str]:
        """The uniqueids of the caller's legs that have not ended."""
        return [row["uniqueid"] for row in self._db.rows("caller_legs", incident_id=incident_id)]

    def open_legs(self) -> list[OpenLeg]:
        """Callers' legs on this machine that have not ended as far as is known."""
        return [OpenLeg(**row) for row in self._db.rows("open_legs", node=self._node)]

    def account_of(self, incident_id: int) -> str | None:
        """The account number of the verified customer who calls; None when nobody was verified."""
        row = self._db.row("account_of", incident_id=incident_id)
        return row["account"] if row else None

    def note(self, incident_id: int, kind: str, /, **detail: object) -> None:
        """Append a line to the timeline, exactly once also when it has to be repeated."""
        self._db.rows("note", incident_id=incident_id, kind=kind, detail=detail, request=uuid4())

    def note_once(self, incident_id: int, key: str, kind: str, /, **detail: object) -> None:
        """The same for news that several processes hear: ``key`` names it, and only the first of them writes it."""
        self._db.rows("note", incident_id=incident_id, kind=kind, detail=detail, request=uuid5(NAMESPACE_OID, key))

    def consent(self, incident_id: int, answer: Consent, *, rate: Rate, prompt_version: str, price_ms: int) -> None:
        """The caller's answer to the disclosure: ``price_ms`` is how much of the price sentence was played."""
        self._set("consent", incident_id, answer=answer.value, rate_id=rate.id, prompt_version=prompt_version, price_ms=price_ms)

    def category(self, incident_id: int, category: Category | None, *, trunk_claim: bool) -> None:
        """What is down, None when the caller did not say; ``trunk_claim``: our own SIP trunks are said to be."""
        self._set("category", incident_id, category=category.value if category else None, trunk_claim=trunk_claim)

    def speaks(self, incident_id: int, language: str) -> None:
        """In which language the caller hears the prompts."""
        self._set("speaks", incident_id, language=language)

    def trunks_asked(self, incident_id: int, *, down: bool) -> None:
        """Whether a customer with our trunks says that they are down. A claim that was made before stays."""
        self._set("trunks_asked", incident_id, down=down)

    def identified(self, incident_id: int, customer_id: int | None, how: str) -> Incident:
        """Who calls; None when that could not be verified. The incident with that."""
        return incident_of_row(self._set("identified", incident_id, customer_id=customer_id, how=how))

    def covered(self, incident_id: int, cover: Cover) -> None:
        """Who pays when it is no agreement (:meth:`reserve` is for those): the time is not limited."""
        self._set("covered", incident_id, cover=cover.value)

    def connecting(self, incident_id: int) -> tuple[Incident, int | None]:
        """Engineers are being offered it now: the incident, and the offer by which an engineer had it last, if one ever had.

        Raises IllegalChange when it is talking or ended."""
        row = self._change("connecting", incident_id, resume_code=f"{randbelow(10_000):04}")
        return incident_of_row(row), row["last_offer"]

    def key_pressed(self, incident_id: int, name: str) -> Incident:
        """Somebody pressed this key in the talk: a line on the timeline, exactly once; the incident as it stands."""
        row = self._db.row("key_pressed", incident_id=incident_id, name=name, request=uuid4())
        return incident_of_row(_found(row, "incident", incident_id))

    def engineer_lost(self, incident_id: int, *, dropped: bool = True) -> None:
        """The accepted engineer is gone: offers may be made again. ``dropped``: cut off, not hung up on purpose.

        Raises IllegalChange unless the incident was talking or connecting."""
        self._change("engineer_lost", incident_id, dropped=dropped)

    def set_ending(self, incident_id: int, offer_id: int, reason: EndReason) -> None:
        """Remember the ending key of the engineer who accepted ``offer_id``.

        Nothing happens when the incident is over, or is not that engineer's any more."""
        self._db.rows("set_ending", incident_id=incident_id, offer_id=offer_id, reason=reason.value)

    def ending(self, incident_id: int) -> EndReason | None:
        """The engineer's ending key, None when none was pressed."""
        reason = _found(self._db.row("ending", incident_id=incident_id), "incident", incident_id)["ending"]
        return EndReason(reason) if reason else None

    def end_incident(self, incident_id: int, reason: EndReason) -> bool:
        """End it, once. True for the one call that did it."""
        row = self._db.row("end_incident", incident_id=incident_id, reason=reason.value, request=uuid4())
        return bool(_found(row, "incident", incident_id)["won"])

    def conclude(self, incident_id: int, reason: EndReason) -> tuple[Incident, float]:
        """End it, unless it is over already: the incident then, and the seconds that were talked in it."""
        row = self._db.row("conclude", incident_id=incident_id, reason=reason.value, request=uuid4())
        found = _found(row, "incident", incident_id)
        return incident_of_row(found), float(found["talked"])

    def end_leg(self, uniqueid: str, cause: int) -> Incident | None:
        """A leg is over, by this Q.850 cause; the first one told counts. Nothing happens for an unknown channel.

        The incident when it was a caller's leg and the caller is not there on another one."""
        row = self._db.row("end_leg", uniqueid=uniqueid, cause=cause)
        if row is None or (row["elsewhere"] and self.caller_legs(row["id"])):  # asked again: of two that end at once one must see it
            return None
        return incident_of_row(row)

    def leg_cause(self, uniqueid: str) -> int | None:
        """Why the leg ended; None while it lives, or when nobody knows."""
        row = self._db.row("leg_cause", uniqueid=uniqueid)
        return row["cause"] if row else None

    def _set(self, query: str, incident_id: int, **values: object) -> Row:
        return _found(self._db.row(query, incident_id=incident_id, **values), "incident", incident_id)

    def _change(self, query: str, incident_id: int, **values: object) -> Row:
        if (row := self._db.row(query, incident_id=incident_id, **values)) is not None:
            return row
        raise IllegalChange(f"incident {incident_id} is {self.incident(incident_id).status}: {query} is too late")


def _found(row: Row | None, what: str, number: object) -> Row:
    if row is None:
        raise UnknownRecord(f"There is no {what} {number}.")
    return row


def incident_of_row(row: Row) -> Incident:
    """A row of ``{incident_columns}``."""
    return Incident(
        id=row["id"],
        status=IncidentStatus(row["status"]),
        reason=EndReason(row["reason"]) if row["reason"] else None,
        consent=Consent(row["consent"]) if row["consent"] else None,
        customer_id=row["customer_id"],
        identified_how=row["identified_how"],
        cover=Cover(row["cover"]) if row["cover"] else None,
        seconds_left=row["seconds_left"],
        category=Category(row["category"]) if row["category"] else None,
        trunk_claim=row["trunk_claim"],
        claimed_id=row["claimed_id"],
        no_charge=row["no_charge"],
        resume_code=row["resume_code"],
        suspended_until=row["suspended_until"],
        category_asked=row["category_asked"],
        trunks_asked=row["trunks_asked"],
        language=row["language"],
        ending=EndReason(row["ending"]) if row["ending"] else None,
        engineer_channel=row["engineer_channel"],
    )
