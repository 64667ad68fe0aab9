"""What a page says."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from ivr.config import Settings
from ivr.model.incident import Category, IncidentStatus
from ivr.model.report import Occasion, PageNews
from ivr.paging import text, title
from tests.integration.fake_asterisk import settings

NEWS = PageNews(1001, IncidentStatus.ENDED, Category.TELEPHONY, False, "1042", True, "+15555550142", 12.4)


def test_a_page_says_who_what_and_what_to_do() -> None:
    assert title(NEWS) == "Emergency 1001"
    caller = "Caller: account 1042; telephone service lost."
    assert text(NEWS, Occasion.NOBODY) == f"Incident 1001. Nobody answered. {caller} Call back +15555550142."
    assert text(NEWS, Occasion.MESSAGE) == (
        f"Incident 1001. There is a recorded message. {caller} Call back +15555550142. Listen (12 s): ivr message play 1001"
    )
    assert text(NEWS, Occasion.RINGING) == f"Incident 1001. A customer waits. Your phone rings: press 1 to take the call. {caller}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"caller_id": None}, "The number was withheld."),
        ({"account": None, "verified": False}, "Caller: no account; "),
        ({"verified": False}, "Caller: claims account 1042, not verified; "),
        ({"category": None}, "; what is down was not said."),
        ({"trunk_claim": True}, "; telephone service lost, our SIP trunks as the caller says."),
        ({"category": Category.TRUNKS, "trunk_claim": True}, "; our SIP trunks down."),
    ],
)
def test_what_is_not_known_is_said_so(changes: dict[str, object], words: str) -> None:
    assert words in text(replace(NEWS, **changes), Occasion.NOBODY)  # type: ignore[arg-type]


@pytest.mark.parametrize("occasion", Occasion)
def test_a_page_is_one_line_that_a_text_message_holds(occasion: Occasion) -> None:
    """Whatever the longest account and number are."""
    longest = replace(NEWS, incident_id=10**12, account="1" * 20, verified=False, caller_id="+" + "1" * 15, trunk_claim=True)
    assert "\n" not in text(longest, occasion)
    assert len(text(longest, occasion)) <= 320


def urls(value: str) -> list[str]:
    return [url.get_secret_value() for url in settings(notify_urls=value).notify_urls]


def test_several_addresses_stand_in_one_setting() -> None:
    """Apart by spaces, lines or commas; a comma inside of one stays there."""
    assert urls("json://a/x  mailto://b/y\njson://c") == ["json://a/x", "mailto://b/y", "json://c"]
    assert urls("json://a/x,mailto://b?to=c,d, json://e") == ["json://a/x", "mailto://b?to=c,d", "json://e"]
    assert urls("") == urls("  ") == []


def test_addresses_are_secrets() -> None:
    given: Settings = settings(notify_urls="json://token@host")
    assert "token" not in f"{given!r} {given.model_dump()} {given.model_dump_json()}"


def test_a_deadline_is_above_zero() -> None:
    with pytest.raises(ValidationError):
        settings(notify_seconds=0)
