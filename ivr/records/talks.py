"""The metered talks: what the meter writes, and where a restarted one goes on."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from ivr.errors import UnknownRecord
from ivr.model.leg import OpenTalk, TalkLimit
from ivr.records.database import Database


class Talks:
    """All methods raise StoreUnavailable. Seconds never shrink."""

    _db: Database
    _node: str

    def talk_began(self, offer_uniqueid: str, caller_uniqueid: str, bridge: str, monotonic: float) -> int:
        """Both legs are in ``bridge`` since ``monotonic`` (s, CLOCK_MONOTONIC). The talk's id; the same while it is open.

        Raises UnknownRecord for a channel that is no engineer's.
        """
        place = {"bridge": bridge, "monotonic": monotonic, "boot_id": boot_id(), "node": self._node}
        row = self._db.row("talk_began", offer=offer_uniqueid, caller=caller_uniqueid, **place)
        if row is None:
            raise UnknownRecord(f"There is no offer with the channel {offer_uniqueid}.")
        return int(row["id"])

    def talk_checkpoint(self, talk_id: int, seconds: float) -> None:
        """Talked so far: what counts if this node is lost."""
        self._db.rows("talk_checkpoint", talk_id=talk_id, seconds=seconds)

    def talk_ended(self, talk_id: int, seconds: float) -> None:
        """The talk is over after ``seconds``. Once: later ones do nothing."""
        self._db.rows("talk_ended", talk_id=talk_id, seconds=seconds)

    def talk_is_open(self, incident_id: int) -> bool:
        """Whether the meter has not yet written the end of the incident's last talk."""
        row = self._db.row("talk_is_open", incident_id=incident_id)
        return bool(row and row["open"])

    def open_talks(self) -> list[OpenTalk]:
        """Talks of this node that have not ended. Go on only with those of this boot (``boot_id``)."""
        return [OpenTalk(**row) for row in self._db.rows("open_talks", node=self._node)]

    def talked_seconds(self, incident_id: int) -> float:
        """Seconds talked in the whole incident, open talks as of their last checkpoint."""
        row = self._db.row("talked_seconds", incident_id=incident_id)
        return float(row["seconds"]) if row else 0.0

    def limits(self, talk_ids: Sequence[int]) -> list[TalkLimit]:
        """How long those of these talks that are open may last, and what was said of it."""
        return [TalkLimit(**(row | {"said": frozenset(row["said"])})) for row in self._db.rows("limits", talk_ids=list(talk_ids))]

    def claim_warning(self, incident_id: int, prompt: str) -> bool:
        """Whether this process is the one that says ``prompt`` to both sides: each is said once an incident."""
        request = uuid5(NAMESPACE_OID, f"warning {incident_id} {prompt}")
        return self._db.row("claim_warning", incident_id=incident_id, prompt=prompt, request=request) is not None

    def no_charge(self, incident_id: int) -> None:
        """The engineer makes the call free, for good. Raises UnknownRecord, and IllegalChange before an accept or after the end."""
        if self._db.row("no_charge", incident_id=incident_id) is None:
            raise UnknownRecord(f"There is no incident {incident_id}.")


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Names this boot of this machine: CLOCK_MONOTONIC values compare only within one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
