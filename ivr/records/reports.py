"""What people and jobs ask about incidents: lists, the whole story, what was left behind."""

from collections.abc import Set as AbstractSet

from ivr.errors import UnknownRecord
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus, Unfinished
from ivr.model.report import Event, IncidentReport, IncidentSummary
from ivr.records.database import Database, Row
from ivr.records.follow_ups import FollowUps
from ivr.records.holds import hold_of
from ivr.records.messages import messages_of
from ivr.records.settlements import charge_of
from ivr.sweep import SILENCE


class Reports(FollowUps):
    """All methods raise StoreUnavailable."""

    _db: Database
    _node: str

    def incidents(self, limit: int = 20) -> list[IncidentSummary]:
        """The newest incidents, newest first."""
        return [_summary(row) for row in self._db.rows("summaries", incident_id=None, limit=limit)]

    def report(self, incident_id: int) -> IncidentReport:
        """Everything about one incident. Raises UnknownRecord."""
        summary = self._db.row("summaries", incident_id=incident_id, limit=1)
        decided = self._db.row("decisions", incident_id=incident_id)
        if summary is None or decided is None:
            raise UnknownRecord(f"There is no incident {incident_id}.")
        return IncidentReport(
            summary=_summary(summary),
            consent=Consent(decided["consent"]) if decided["consent"] else None,
            identified_how=decided["identified_how"],
            cover=Cover(decided["cover"]) if decided["cover"] else None,
            seconds_left=decided["seconds_left"],
            events=tuple(Event(**row) for row in self._db.rows("events", incident_id=incident_id)),
            holds=tuple(hold_of(row) for row in self._db.rows("holds", incident_id=incident_id)),
            charge=charge_of(decided),
            debt_cents=decided["debt_cents"],
            currency=decided["currency"],
            agreement_seconds=decided["agreement_seconds"],
            follow_up=self.follow_up(incident_id),
            messages=tuple(messages_of(self._db, incident_id)),
        )

    def unfinished(self, grace: float) -> list[Unfinished]:
        """Incidents that have not ended. ``grace``: seconds after the caller's last leg that count as still being worked on."""
        return [_unfinished(row) for row in self._db.rows("unfinished", grace=grace, node=self._node, silence=SILENCE)]

    def close_leftovers(self, grace: float, live: AbstractSet[str] | None) -> None:
        """Close talks (at their last checkpoint), offers and legs that are still open ``grace`` seconds after their incident ended.

        ``live``: uniqueids of the channels that there are on this node, whose legs stay: a caller may still leave a message.
        None: all legs stay. So do those of another node that is heard of.
        """
        self._db.rows("close_leftovers", grace=grace, live=None if live is None else sorted(live), node=self._node, silence=SILENCE)


def _summary(row: Row) -> IncidentSummary:
    reason = row.pop("reason")
    return IncidentSummary(**(row | {"status": IncidentStatus(row["status"])}), reason=EndReason(reason) if reason else None)


def _unfinished(row: Row) -> Unfinished:
    return Unfinished(
        incident_id=row["incident_id"],
        status=IncidentStatus(row["status"]),
        consent=Consent(row["consent"]) if row["consent"] else None,
        ending=EndReason(row["ending"]) if row["ending"] else None,
        caller_uniqueids=tuple(row["caller_uniqueids"] or ()),
        callers_gone=row["callers_gone"],
        silent_seconds=row["silent_seconds"],
        accepted=row["accepted"],
        lost=row["lost"],
        elsewhere=row["elsewhere"],
    )
