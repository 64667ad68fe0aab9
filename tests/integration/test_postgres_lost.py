"""A checkout that was deleted and cloned again, while its data lay elsewhere."""

from pathlib import Path

from ivr.embedded.postgres import Postgres


def test_data_whose_passwords_are_gone_is_begun_anew(tmp_path: Path) -> None:
    """The next start mends it: nobody could ever read that data again."""
    server = Postgres(tmp_path / "postgres")
    try:
        server.ensure_running()
        (tmp_path / "postgres" / "access.json").unlink()
        server.ensure_running()
        assert server.database("again").endswith("/again")
    finally:
        server.destroy()
