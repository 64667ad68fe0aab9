"""Several nodes on one database: that this one is there, and what to do about one that is not."""

from typing import Final

from ivr.records.database import Database

LOST_SECONDS: Final = 10.0
"""Not heard of for so long, a node is taken for lost by a caller of its who calls again on another one. Five beats."""


class Nodes:
    """All methods raise StoreUnavailable."""

    _db: Database
    _node: str

    def beat(self) -> None:
        """This node and its Asterisk are there."""
        self._db.rows("beat", node=self._node)

    def suspend_lost(self, incident_id: int, window: int) -> bool:
        """The caller of an incident that a lost node has left behind calls again: it waits for them, as after any dropped line.

        ``window``: seconds, from when the node was last heard of, that they have for it. False when it is not so (any more)."""
        row = self._db.row("suspend_lost", incident_id=incident_id, node=self._node, patience=LOST_SECONDS, window=window)
        return bool(row and row["waits"])
