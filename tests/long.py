"""What is heard in ``make trials`` alone: rules that ``make test`` hears in another value, or holds in unit and integration tests."""

from collections.abc import Iterable
from typing import Any

import pytest


def and_long(values: Iterable[Any], *, often: Iterable[Any]) -> list[Any]:
    """All values as parameters of a scenario; those that are not in ``often`` are marked ``long``."""
    kept = list(often)
    return [value if value in kept else pytest.param(value, marks=pytest.mark.long) for value in values]
