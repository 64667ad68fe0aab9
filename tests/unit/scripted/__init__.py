"""The flow's partners without a network: a phone that answers from a script, records in memory, a switchboard of moods."""

from tests.unit.scripted.incident import RATE
from tests.unit.scripted.phone import HANG_UP, ScriptedPhone, write_recording
from tests.unit.scripted.records import MemoryRecords
from tests.unit.scripted.switchboard import ScriptedSwitchboard

__all__ = ["HANG_UP", "RATE", "MemoryRecords", "ScriptedPhone", "ScriptedSwitchboard", "write_recording"]
