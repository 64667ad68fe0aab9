"""Pages: beside the phone people hear that a caller waits, that nobody answered, that there is a message. ``ivr/pager.py`` sends them."""

import logging
from collections.abc import Iterable
from typing import Final

from ivr.errors import Unavailable
from ivr.model.incident import Category
from ivr.model.report import Occasion, PageNews
from ivr.store import Store

log = logging.getLogger(__name__)

_WHAT: Final = {
    Occasion.RINGING: "A customer waits. Your phone rings: press 1 to take the call.",
    Occasion.NOBODY: "Nobody answered.",
    Occasion.MESSAGE: "There is a recorded message.",
}
_DOWN: Final = {
    Category.OUTAGE: "system outage",
    Category.TELEPHONY: "telephone service lost",
    Category.HOSTED: "hosted service down",
    Category.TRUNKS: "our SIP trunks down",
}


def page(store: Store, incident_id: int, occasion: Occasion | str, engineers: Iterable[int] = ()) -> None:
    """Have people on duty paged, each once an incident and occasion: everybody, but for "ringing" only these engineers (none named: those
    who ring when the job runs). Costs the call one statement; never raises, because a page is help besides the phone, not instead of it.
    """
    try:
        store.defer("page", incident_id=incident_id, occasion=Occasion(occasion).value, engineers=sorted(set(engineers)))
    except Unavailable as away:
        log.error("nobody is paged about incident %d (%s): %s", incident_id, occasion, away)


def title(news: PageNews) -> str:
    """The first line of a page."""
    return f"Emergency {news.incident_id}"


def text(news: PageNews, occasion: Occasion) -> str:
    """What happened, what is down, who calls, what to do, in a line. No names: pages pass through other people's services."""
    down = _DOWN[news.category] if news.category else "what is down was not said"
    claim = ", our SIP trunks as the caller says" if news.trunk_claim and news.category is not Category.TRUNKS else ""
    parts = [f"Incident {news.incident_id}.", _WHAT[occasion], f"Caller: {_who(news)}; {down}{claim}.", *_todo(news, occasion)]
    return " ".join(parts)


def _who(news: PageNews) -> str:
    if news.account is None:
        return "no account"
    return f"account {news.account}" if news.verified else f"claims account {news.account}, not verified"


def _todo(news: PageNews, occasion: Occasion) -> list[str]:
    if occasion is Occasion.RINGING:
        return []
    back = f"Call back {news.caller_id}." if news.caller_id else "The number was withheld."
    heard = f"Listen ({news.message_seconds or 0:.0f} s): ivr message play {news.incident_id}"
    return [back, heard] if occasion is Occasion.MESSAGE else [back]
