"""The worker's queue, for processes that only put jobs into it."""

from typing import Final

from ivr.records.database import Database

URGENT: Final = {"page": 10}
"""Priority of what must not wait behind settlements that wait for Stripe."""


class Queue:
    """All methods raise StoreUnavailable."""

    _db: Database

    def defer(self, task: str, /, **arguments: object) -> None:
        """A job for the worker (``ivr/jobs.py``), unless the same one waits already."""
        self._db.rows("defer", task=f"ivr:{task}", priority=URGENT.get(task, 0), arguments=arguments)
