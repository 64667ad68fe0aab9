"""``ivr customer import`` and ``ivr agreement import``: a whole table or nothing, and the same table twice is the same."""

from pathlib import Path
from typing import Any

import pytest

from ivr.config import Settings
from ivr.pins import check_pin
from ivr.store import Store
from tests.integration.administering import data, ivr
from tests.integration.conftest import Sql

CUSTOMERS = """account,name,email,trunks,phones,pin
2001,Harbour Café,office@example.com,yes,(202) 555-0141|+12025550142,
1006,No Agreement plc,,,+12025550107,4826
1001,Covered Dental,,,,
"""
AGREEMENTS = """account,first_day,last_day,zone,minutes,period,carry_over
1006,2026-01-01,2199-12-30,America/New_York,60,month,yes
1006,2026-03-08,2199-12-30,America/New_York,unlimited,,
"""


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> str:
    """A file with this table."""
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return str(path)


def actions(said: Any) -> list[str]:
    """What was done with each line."""
    return [line["action"] for line in said["lines"]]


def test_a_table_of_customers_is_entered_and_again_changes_nothing(settings: Settings, store: Store, sql: Sql, tmp_path: Path) -> None:
    """New ones get a PIN, shown once; known ones change in what the table says; an empty cell leaves alone what stands."""
    file = table(tmp_path, CUSTOMERS)
    would = data(settings, "customer", "import", file, "--dry-run")
    assert (actions(would), would["pins"]) == (["add", "change", "leave"], {})
    assert len(store.customers()) == 6
    done = data(settings, "customer", "import", file)
    assert actions(done) == ["add", "change", "leave"]
    hashes = store.pin_hashes(["2001", "1006"])
    assert check_pin(done["pins"]["2001"], hashes["2001"], settings.pin_pepper)
    assert check_pin("4826", hashes["1006"], settings.pin_pepper)
    assert store.customer_record("2001").phones == ("+12025550141", "+12025550142")
    changed = store.customer_record("1006")
    assert (changed.name, changed.phones) == ("No Agreement plc", ("+12025550107",))
    assert store.customer_record("1001").phones == ("+12025550101", "+12025550102")
    lines = sql("SELECT count(*) FROM audit")
    assert actions(data(settings, "customer", "import", file)) == ["leave"] * 3
    assert sql("SELECT count(*) FROM audit") == lines


def test_a_table_of_agreements_is_entered_and_again_changes_nothing(settings: Settings, store: Store, sql: Sql, tmp_path: Path) -> None:
    """The same customer and first day is the same agreement: then it is changed."""
    file = table(tmp_path, AGREEMENTS)
    assert actions(data(settings, "agreement", "import", file, "--dry-run")) == ["add", "add"]
    assert store.agreement_records("1006") == []
    assert actions(data(settings, "agreement", "import", file)) == ["add", "add"]
    coverage = store.coverage(6)
    assert coverage is not None
    assert coverage.seconds_left is None
    lines = sql("SELECT count(*) FROM audit")
    assert actions(data(settings, "agreement", "import", file)) == ["leave", "leave"]
    assert sql("SELECT count(*) FROM audit") == lines
    said = ivr(settings, "agreement", "import", table(tmp_path, AGREEMENTS.replace(",60,", ",90,").replace("2199-12-30", "2150-06-30", 1)))
    assert "minutes: 60 → 90" in said.stdout
    first = store.agreement_records("1006")[0]
    assert (first.minutes, first.period, str(first.ends_at.date())) == (90, "month", "2150-07-01")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(("mark", "end"), [(",", "\n"), (";", "\r\n")])
def test_an_office_programs_file_is_taken_as_it_is(
    settings: Settings, store: Store, tmp_path: Path, encoding: str, mark: str, end: str
) -> None:
    """With a byte order mark or not, comma or semicolon, either end of line, blank lines, capitals in the header."""
    text = f"Account{mark}NAME{mark}Phones\n\n2001{mark}Müller{mark}+12025550141\n\n".replace("\n", end)
    assert actions(data(settings, "customer", "import", table(tmp_path, text, encoding))) == ["add"]
    assert store.customer_record("2001").name == "Müller"


BAD_CUSTOMERS = [
    ("", ["The file is empty"]),
    ("account\n", ["line 1: the column name is missing"]),
    ("account,name,name,colour\n", ["line 1: the column name is there twice", "line 1: there is no column 'colour'"]),
    ("account,name\n1,A,x\n2\n", ["line 2: has 3 cells, the header has 2", "line 3: has 1 cells, the header has 2"]),
    ('account,name\n1,"A\n', ["line 2"]),
    ("account,name\n2001,A\n2001,B\n", ["line 3: the account 2001 is in line 2 already"]),
    (
        "account,name\n2001,\n20x,=A\n2009,Good One\n",
        ["line 2: name: must not be empty", "line 3: account: ", "line 3: name: begins with ="],
    ),
    ('account,name\n2001,"A\nB"\n', ["line 3: name: has control characters"]),
    ("account,name\n2001,A\0B\n", ["line 2"]),
    ("account,name,trunks,phones,pin\n2001,A,perhaps,12,1234\n", ["line 2: trunks: ", "line 2: phones: '12' is no phone number"]),
    ("account,name,pin\n2001,A,1234\n2002,B,2002\n", ["line 2: pin: This PIN counts", "line 3: pin: This PIN is in the account"]),
    ("account,name,email\n2001,A,=cmd@x.com\n", ["line 2: email: "]),
]


@pytest.mark.parametrize(("text", "faults"), BAD_CUSTOMERS)
def test_every_fault_of_a_table_is_listed_and_nothing_is_written(
    settings: Settings, store: Store, tmp_path: Path, text: str, faults: list[str]
) -> None:
    """With the line's number, all at once; the good lines wait too."""
    refused = ivr(settings, "customer", "import", table(tmp_path, text))
    assert (refused.returncode, refused.stdout) == (1, "")
    for fault in faults:
        assert fault in refused.stderr
    assert len(store.customers()) == 6


def test_a_table_that_is_no_text_is_said_so(settings: Settings, tmp_path: Path) -> None:
    """Latin-1, a folder, no file."""
    (tmp_path / "latin.csv").write_bytes("account,name\n1,Müller\n".encode("latin-1"))
    assert "not UTF-8" in ivr(settings, "customer", "import", str(tmp_path / "latin.csv")).stderr
    assert "can't be read" in ivr(settings, "customer", "import", str(tmp_path)).stderr


def test_the_faults_of_agreements_are_listed_too(settings: Settings, store: Store, tmp_path: Path) -> None:
    """Unknown customers, impossible terms, twice the same, and what can't be changed any more."""
    data(settings, "agreement", "import", table(tmp_path, AGREEMENTS))
    text = (
        "account,first_day,last_day,zone,minutes,period\n"
        "9,2026-01-01,2026-12-31,America/New_York,60,\n"
        "1006,2026-01-01,2199-12-30,America/New_York,60,quarter\n"
        "1006,2026-01-01,2199-12-30,America/New_York,60,\n"
        "1002,2026-05-01,2027-04-30,UTC,5,\n"
    )
    refused = ivr(settings, "agreement", "import", table(tmp_path, text))
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "line 2: there is no customer 9",
        "line 3: period of agreement 8 can't be changed: what was used is counted by it; end it and add another",
        "line 4: the same agreement is in line 3 already (account 1006, first day 2026-01-01)",
    ]
    impossible = "account,first_day,last_day,zone,minutes\n1006,2026-01-02,2026-01-01,Mars/Base,0\n1006,x,2026-01-01,UTC,9\n"
    refused = ivr(settings, "agreement", "import", table(tmp_path, impossible))
    assert [line.split(": ")[:2] for line in refused.stderr.splitlines()] == [
        ["line 2", "zone"], ["line 2", "minutes"], ["line 3", "first_day"],
    ]  # fmt: skip
    assert store.agreement_records("1002")[0].minutes == 0


def test_an_ended_customer_is_not_brought_back_by_a_table(settings: Settings, store: Store, tmp_path: Path) -> None:
    """That is somebody's decision."""
    data(settings, "customer", "end", "1006", "--yes")
    refused = ivr(settings, "customer", "import", table(tmp_path, CUSTOMERS))
    assert "--reopen" in refused.stderr
    assert len(store.customers(ended=True)) == 6


def test_many_customers_are_one_statement(settings: Settings, store: Store, tmp_path: Path) -> None:
    """Within the patience of somebody at a terminal."""
    rows = "".join(f"{100000 + number},Customer {number},+1202555{number:04}\n" for number in range(300))
    assert len(data(settings, "customer", "import", table(tmp_path, "account,name,phones\n" + rows))["pins"]) == 300
    assert len(store.customers()) == 306


def test_the_examples_of_the_documents_are_right(settings: Settings, store: Store, tmp_path: Path) -> None:
    """As docs/import.md shows them."""
    examples = Path(__file__).parents[2] / "docs" / "examples"
    data(settings, "customer", "add", "1043", "--name", "Mill Street Bakery")
    data(settings, "customer", "add", "1044", "--name", "Northgate Realty")
    assert actions(data(settings, "customer", "import", str(examples / "customers.csv"))) == ["add", "add", "change"]
    assert actions(data(settings, "agreement", "import", str(examples / "agreements.csv"))) == ["add", "add", "add"]
    assert [one.minutes for one in store.agreement_records("3101", "3102")] == [60, None]
