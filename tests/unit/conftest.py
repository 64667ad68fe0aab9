"""Examples of hypothesis have no deadline of their own: what else this machine does is no fault of the code. Each test's is pytest's.

And the records that most tests of the flow begin with.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from ivr.model.customer import Coverage
from tests.unit.scripted import ACME, ANN, BEN, NUMBER, MemoryRecords, hotline

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def records(tmp_path: Path) -> MemoryRecords:
    """A customer whom an agreement covers without limit and whose phone is known; Ann is rung, then Ben."""
    return MemoryRecords(
        customers=[ACME], phones={NUMBER: ACME}, coverages={7: Coverage(1, None)}, rungs=[ANN, BEN], messages_folder=tmp_path
    )


@pytest.fixture
def line(records: MemoryRecords) -> Any:
    """A hotline on the records of the test, or of its file."""
    return hotline(records)
