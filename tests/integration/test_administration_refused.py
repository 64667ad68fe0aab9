"""What an administrator may not type: refused in words, with nothing written."""

import shlex
from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from ivr.config import Settings
from tests.integration.administering import ivr, words
from tests.integration.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def quiet_database(server: PostgresServer) -> Iterator[str]:
    """One database for all of them."""
    yield server.create("administration_refused", "with_cast")
    server.drop("administration_refused")


@pytest.fixture
def settings(quiet_database: str) -> Iterator[Settings]:
    """Its settings. Afterwards it is as it was, by its own audit."""
    with psycopg.connect(quiet_database, autocommit=True) as connection:
        before = connection.execute("SELECT count(*) FROM audit").fetchone()
        yield Settings.model_validate({"database_url": quiet_database, "pin_pepper": "pepper", "ami_secret": "secret"})
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == before


@pytest.mark.parametrize(
    "name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "a\tb", "a\nb", "a\x1b[31m", "a\u202eb", "a\u200bb", " ", "x" * 101, "\x7f"]
)
def test_a_name_that_does_something_elsewhere_is_refused(settings: Settings, name: str) -> None:
    """Bad input 2: what a spreadsheet or a terminal would run."""
    refused = ivr(settings, "customer", "add", "2001", f"--name={name}")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("--name: ")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--cents", "0"), "--cents"), (("--cents", "-1"), "--cents"), (("--cents", "2.5"), "--cents"), (("--cents", "all"), "--cents"),
        (("--cents", str(2**64)), "--cents"), (("--cents", str(10**400)), "--cents"), (("--currency", "XYZ"), "--currency"),
        (("--currency", "EUR"), "--currency"), (("--currency", "usd"), "--currency"), (("--tax", "-1"), "--tax"),
        (("--tax", "8.255"), "--tax"),
        (("--tax", "NaN"), "--tax"), (("--tax", "101"), "--tax"), (("--minimum", "-1"), "--minimum"), (("--increment", "0"), "--increment"),
        (("--blocks", ""), "--blocks"), (("--blocks", "0"), "--blocks"), (("--blocks", "15,x"), "--blocks"), (("--blocks", "10"), "block"),
        (("--cents", "99999999"), "a block in cents"), (("--from", "soon"), "--from"), (("--from", "9999-12-31"), "--from"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(settings: Settings, options: tuple[str, str], named: str) -> None:
    """Bad input 8: 0, negative, fractional, beyond 64 bits, unknown currency; and currencies that no prompt can say."""
    given = {"--cents": "275", "--minimum": "15", "--tax": "8.25"} | dict([options])
    refused = ivr(settings, "rate", "add", "--yes", *(f"{name}={value}" for name, value in given.items()))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert named in words(refused.stderr)


DAYS: Final = "--first-day 2026-01-01 --last-day 2026-12-31"
WHERE: Final = "--zone America/New_York"
BLOCK: Final = "block add +12025550199"
WRONG: Final = f"""
customer nonsense
customer add
customer add 2001
customer add 2001 2002 --name A
customer add x --name A
customer add 1111111111111 --name A
customer add ٢٠٠١ --name A
customer add 2001 --name A --name B
customer add 2001 --name A --nonsense
customer add 2001 --name A --phone 555
customer add 2001 --name A --phone +12025550142x1
customer add 2001 --name A --email a@b
customer add 2001 --name A --email =a@b.com
customer add 2001 --name A --pin 4711
customer add 2001 --name A --trunks --no-trunks
customer add 2001 --name A --language fr
customer change 1001 --language Spanish
customer change
customer change 1001
customer change 1001 --pin ''
customer end
customer show
customer show 1001 --json --json
customer list --find
customer speak
customer import
agreement add 1006
agreement add 1006 {DAYS} --minutes 5
agreement add 1006 {DAYS} {WHERE} --minutes 0
agreement add 1006 {DAYS} {WHERE} --minutes 1.5
agreement add 1006 {DAYS} {WHERE} --minutes -5
agreement add 1006 {DAYS} {WHERE} --minutes none
agreement add 1006 {DAYS} {WHERE} --minutes {2**64}
agreement add 1006 {DAYS} {WHERE} --minutes 5 --minutes 6
agreement add 1006 {DAYS} {WHERE} --minutes 5 --period week
agreement add 1006 {DAYS} {WHERE} --minutes 5 --carry-over
agreement add 1006 {DAYS} {WHERE} --minutes 5 --period month --anchor 15th
agreement add 1006 {DAYS} {WHERE} --minutes 5 --increment 0
agreement add 1006 {DAYS} --zone Mars/Base --minutes 5
agreement add 1006 --first-day 2026-02-30 --last-day 2026-12-31 {WHERE} --minutes 5
agreement add 1006 --first-day 9999-01-01 --last-day 9999-12-31 {WHERE} --minutes 5
agreement add 1006 --first-day 2026-01-01 --last-day 2025-12-31 {WHERE} --minutes 5
agreement show x
agreement show 0
agreement show -1
agreement show {2**64}
agreement change 1
agreement change 1 --minutes none
agreement end 1 --at yesterday
agreement end 1 --at 2026-13-01
agreement import
rate add
rate add --cents 275
rate add --cents 275 --minimum 15 --cents 276
rate show x
rate end
rate end {2**64}
block add
{BLOCK}
{BLOCK} --reason ''
{BLOCK} --reason =1+1
{BLOCK} --reason x --until 2020-01-01
{BLOCK} --reason x --until 25:00
block add anonymous --reason x
block end x
block change +12025550199
block change +12025550199 --reason ''
block change +12025550199 --until 2020-01-01
block show
block list --ended --ended
changes --limit 0
changes --limit x
changes --entity nonsense
changes --key
""".strip().splitlines()
MISSING: Final = f"""
customer show 9
customer change 9 --name A
customer end 9 --yes
customer speak 9
customer add 1001 --name A
customer import /nonexistent
agreement add 9 {DAYS} {WHERE} --minutes 5
agreement list --account 9
agreement show 99
agreement change 99 --minutes 5
agreement end 99 --yes
rate show 99
rate end 99 --yes
block show +12025550199
""".strip().splitlines()


@pytest.mark.parametrize("command", WRONG)
def test_what_is_wrong_on_the_command_line_is_refused(settings: Settings, command: str) -> None:
    """Bad input 12: exit code 2, a word why, no traceback."""
    refused = ivr(settings, *shlex.split(command))
    assert (refused.returncode, refused.stdout) == (2, ""), refused.stdout
    assert refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", MISSING)
def test_what_is_not_there_is_one_clear_sentence(settings: Settings, command: str) -> None:
    """Exit code 1, and no traceback."""
    answer = ivr(settings, *shlex.split(command))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert len(answer.stderr.strip().splitlines()) == 1
