"""What `ivr doctor` asks about the database itself."""

from datetime import timedelta
from importlib.resources import files

from ivr.records.database import Database


class Inspection:
    """All methods raise StoreUnavailable; SetupError when the database has no tables."""

    _db: Database

    def migrations(self) -> tuple[set[str], set[str]]:
        """The migrations that this version has and the database has not, and those that only the database has."""
        applied = {str(row["migration_id"]) for row in self._db.rows("applied_migrations")}
        folder = files("ivr").joinpath("sql/migrations")
        ours = {entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql")}
        return ours - applied, applied - ours

    def worker(self) -> tuple[timedelta | None, int]:
        """How long ago any worker was heard (None: never), and how many jobs are over two minutes late."""
        row = self._db.row("worker")
        return (row["seen"], int(row["late"])) if row else (None, 0)

    def payments_heard(self) -> tuple[int, int]:
        """How many payments there were of late, ten at most, and of how many of them Stripe's webhooks told."""
        row = self._db.row("payments_heard")
        return (int(row["payments"]), int(row["heard"])) if row else (0, 0)
