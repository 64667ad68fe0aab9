"""Suspended incidents: a caller's line that dropped, the way back, and the end of the window for it."""

from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from ivr.records.calls import LONGEST_CALLER_ID
from ivr.records.clean import clean_text
from ivr.records.database import Database
from ivr.records.nodes import LOST_SECONDS

MOST_CODES: Final = 6
"""Wrong codes that an incident takes in one window: four digits are guessed once in 1,667 times then, by who has the caller's number."""

PROOF_SECONDS: Final = 120
"""How long who called again in time has to key in the PIN or the code, also when the window ends meanwhile."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """An incident that waits for its caller. ``caller_id`` as the network sent it."""

    incident_id: int
    caller_id: str
    chosen: bool  # the very call that asks has already wished to go back to it
    lost: bool = False  # its node is lost, and the incident not suspended yet


class Resumes:
    """All methods raise StoreUnavailable."""

    _db: Database
    _node: str

    def suspend(self, incident_id: int, seconds: int) -> bool:
        """The caller's line is gone: wait so many seconds, from the end of their last leg, for them to call again.

        True when it is not to be ended: it waits now, or did already, or the caller is on another leg by now.
        False when no engineer ever accepted, an ending key was pressed, or it is over."""
        row = self._db.row("suspend", incident_id=incident_id, seconds=seconds)
        return bool(row and row["waits"])

    def suspended_calls(self, uniqueid: str, number: str, window: int = 0) -> list[Suspended]:
        """What a call from ``number`` (E.164) may go back to, last suspended first: callers whose last seven digits are the same.

        ``window``: also what a node left behind that was lost at most so many seconds ago. Nothing once the call has its leg: then it
        was decided."""
        place = {"node": self._node, "patience": LOST_SECONDS, "window": window}
        rows = self._db.rows("suspended_calls", uniqueid=uniqueid, number=number, request=_choice(uniqueid), **place)
        return [Suspended(row["id"], row["caller_id"], row["chosen"], row["lost"]) for row in rows]

    def wants_back(self, incident_id: int, uniqueid: str) -> None:
        """The caller asked to go back to it: on the timeline, and not asked again by another process.

        The window lasts ``PROOF_SECONDS`` more from now on at least: one call extends it once."""
        self._db.rows("wants_back", incident_id=incident_id, request=_choice(uniqueid), seconds=PROOF_SECONDS)

    def code_fits(self, incident_id: int, code: str) -> bool:
        """Whether the caller knows its code. The try is counted first; after ``MOST_CODES`` none fits."""
        row = self._db.row("try_code", incident_id=incident_id, code=code, most=MOST_CODES)
        return bool(row and row["fits"])

    def resume_call(self, incident_id: int, *, channel: str, uniqueid: str, caller_id: str) -> bool:
        """The call belongs to the suspended incident from now on, which is connecting again.

        False when that has ended, or another call was first. True again when it is repeated."""
        known = clean_text(caller_id, LONGEST_CALLER_ID)
        row = self._db.row("resume_call", incident_id=incident_id, channel=channel, uniqueid=uniqueid, caller_id=known, node=self._node)
        return row is not None

    def end_windows(self, incident_id: int | None = None) -> list[int]:
        """End what waited for its caller until its window was over: one incident, or all. The numbers of those that it ended."""
        return [row["id"] for row in self._db.rows("end_windows", incident_id=incident_id)]


def _choice(uniqueid: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"redialled {uniqueid}")
