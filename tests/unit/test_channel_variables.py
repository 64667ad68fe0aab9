"""The names that Python and the dialplan share stand in one table."""

import re
from pathlib import Path

from ivr import channel_variables

ROOT = Path(__file__).parents[2]
TABLE = {value for name, value in vars(channel_variables).items() if name.isupper()}
DIALPLAN = "\n".join(path.read_text() for path in (ROOT / "dialplan").glob("*.conf"))


def test_every_variable_of_the_dialplan_is_in_the_table() -> None:
    """A misspelt flag in the dialplan would send a caller the wrong way."""
    assert set(re.findall(r"\bIVR_[A-Z_]+\b", DIALPLAN)) - TABLE == set()


def test_every_variable_of_the_table_is_used_by_the_dialplan() -> None:
    used = set(re.findall(r"\bIVR_[A-Z_]+\b", DIALPLAN))
    assert TABLE - used == set()


def test_python_spells_no_variable_itself() -> None:
    """Outside the table and the seams' tests no file of the product writes such a name."""
    files = [path for path in (ROOT / "ivr").glob("*.py") if path.name != "channel_variables.py"]
    spelt = {name for path in files for name in re.findall(r'"(IVR_[A-Z_]+)"', path.read_text())}
    assert spelt & TABLE == set()
