"""Work that is left of stabilised incidents: it goes on in office hours (seed, "Stabilization of issue")."""

from ivr.errors import UnknownRecord
from ivr.model.report import FollowUp
from ivr.records.database import Database


class FollowUps:
    """All methods raise StoreUnavailable. A trigger makes the rows, as their incidents end."""

    _db: Database

    def follow_ups(self, *, done_too: bool = False) -> list[FollowUp]:
        """What is left to do, oldest first; with ``done_too`` also what was done."""
        return [FollowUp(**row) for row in self._db.rows("follow_ups", incident_id=None, done_too=done_too)]

    def follow_up(self, incident_id: int) -> FollowUp | None:
        """What is or was left of this incident; None when nothing was."""
        row = self._db.row("follow_ups", incident_id=incident_id, done_too=True)
        return FollowUp(**row) if row else None

    def follow_up_done(self, incident_id: int, by: str, note: str | None) -> None:
        """Somebody has done it. Raises UnknownRecord for none, IllegalChange when another has done it before."""
        if self._db.row("follow_up_done", incident_id=incident_id, by=by, note=note) is None:
            raise UnknownRecord(f"Incident {incident_id} has no follow-up.")
