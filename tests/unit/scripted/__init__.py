"""The flow's partners without a network: a phone that answers from a script, records in memory, a switchboard of moods."""

from tests.unit.scripted.hotline import ACME, ANN, BEN, CLEO, COVERED_CALL, NUMBER, PAYS, PEPPER, THREE_WRONG_PINS, hotline, talking
from tests.unit.scripted.incident import RATE
from tests.unit.scripted.phone import HANG_UP, ScriptedPhone, write_recording
from tests.unit.scripted.records import MemoryRecords
from tests.unit.scripted.switchboard import ScriptedSwitchboard

__all__ = [
    "ACME", "ANN", "BEN", "CLEO", "COVERED_CALL", "HANG_UP", "NUMBER", "PAYS", "PEPPER", "RATE", "THREE_WRONG_PINS",
    "MemoryRecords", "ScriptedPhone", "ScriptedSwitchboard", "hotline", "talking", "write_recording",
]  # fmt: skip
