"""docs/settings.md says what ``ivr/config.py`` says."""

import re

import pytest
from pydantic import Field

from ivr import settings_page
from ivr.config import Settings
from ivr.settings_page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    """Else: ``python -m ivr.settings_page``."""
    assert PAGE.read_text() == page()


def test_every_setting_stands_there_once() -> None:
    """Whatever comments divide the class."""
    assert sorted(re.findall(r"^\| `IVR_(\w+)` ", page(), re.M)) == sorted(name.upper() for name in Settings.model_fields)


def test_a_setting_without_a_description_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody forgets to describe a new one."""
    monkeypatch.setitem(Settings.model_fields, "did", Field(default="+18552528788"))
    with pytest.raises(ValueError, match="did"):
        settings_page.page()


@pytest.mark.parametrize(
    "row",
    [
        "| `IVR_PIN_PEPPER` | **needed** | mixed into every PIN's hash; with another one no PIN fits any more. *secret* |",
        "| `IVR_PROGRESS_SECONDS` | 15 | music while waiting, until there is a word again (more than 0, at most 18) |",
        "| `IVR_STRIPE_DOWN` | `connect_unpaid` | when Stripe does not answer (`connect_unpaid` or `refuse`) |",
        "| `IVR_FAILSAFE_PHONES` | none | ",
        "| `IVR_CARD_ZIP` | true | ",
    ],
)
def test_a_row_says_default_meaning_limits_and_whether_it_is_secret(row: str) -> None:
    assert f"\n{row}" in page()
