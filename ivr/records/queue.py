"""The worker's queue, for processes that only put jobs into it."""

from ivr.records.database import Database


class Queue:
    """All methods raise StoreUnavailable."""

    _db: Database

    def defer(self, task: str, /, **arguments: object) -> None:
        """A job for the worker (``ivr/jobs.py``), unless the same one waits already."""
        self._db.rows("defer", task=f"ivr:{task}", arguments=arguments)
