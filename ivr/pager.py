"""Sends pages by Apprise, whose only importer this is. Addresses are secrets: Apprise's own log, which quotes them, is switched off."""

import hmac
import logging
import warnings
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import Final

import apprise

from ivr import paging
from ivr.config import Settings
from ivr.errors import NotPaged
from ivr.model.incident import IncidentStatus
from ivr.model.report import Occasion
from ivr.store import Store

log = logging.getLogger(__name__)

SENDER: Final = apprise.AppriseAsset(app_id="Emergency hotline", app_desc="Emergency hotline", app_url="")
"""What services show as the sender."""

EVERYBODY: Final = "everybody"
_RECORDS_SECONDS: Final = 30.0
"""How much longer than its sending a page stays claimed, so that the records can be told meanwhile."""

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # one of the services' libraries uses an old module
    apprise.Apprise.instantiate("json://localhost")  # loads the services, which takes a second, before the first page

for _loud in ("apprise", "urllib3.connectionpool"):
    logging.getLogger(_loud).setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Page:
    """One page to one address. ``recipient`` is by what the records know the address: it can't be read back from it."""

    incident_id: int
    occasion: Occasion
    recipient: str
    who: str
    url: str = field(repr=False)


def send(settings: Settings, store: Store, incident_id: int, occasion: Occasion, engineers: list[int]) -> None:
    """Page everyone concerned who was not paged yet, all at once. Raises NotPaged when somebody was not reached: try again.

    Also raises StoreUnavailable, UnknownRecord. A page goes out twice only when its service took it and answered too late, or the
    process died before it wrote so.
    """
    news = store.page_news(incident_id)
    if occasion is Occasion.RINGING and news.status is not IncidentStatus.CONNECTING:
        return  # somebody has it, or nobody waits any more
    pages = _pages(settings, store, incident_id, occasion, engineers)
    claimed = settings.notify_seconds + _RECORDS_SECONDS
    mine = [page for page in pages if store.claim_page(incident_id, occasion, page.recipient, page.who, claimed)]
    sending = {page: _on_its_way(page.url, paging.title(news), paging.text(news, occasion)) for page in mine}
    wait(sending.values(), settings.notify_seconds)
    for page, future in sending.items():
        told = store.page_sent if future.done() and future.result() else store.page_failed
        told(incident_id, occasion, page.recipient)
    if missed := sorted({page.who for page in pages if not store.page_is_sent(incident_id, occasion, page.recipient)}):
        raise NotPaged(f"incident {incident_id} ({occasion}): not paged yet: {', '.join(missed)}")


def is_address(url: str) -> bool:
    """Whether Apprise knows a service for it. Sends nothing."""
    return isinstance(apprise.Apprise.instantiate(url, asset=SENDER), apprise.NotifyBase)


def _pages(settings: Settings, store: Store, incident_id: int, occasion: Occasion, engineers: list[int]) -> list[Page]:
    """Ringing concerns those who are rung; what nobody answered concerns everybody. An address that stands twice counts once."""
    if occasion is Occasion.RINGING:
        addresses = store.page_addresses(engineers or store.rung_engineers(incident_id))
    else:
        addresses = [(EVERYBODY, url.get_secret_value()) for url in settings.notify_urls] + store.page_addresses()
    pages = [Page(incident_id, occasion, _key(settings, url), who, url) for who, url in addresses]
    return list({page.recipient: page for page in reversed(pages)}.values())


def _key(settings: Settings, url: str) -> str:
    return hmac.new(settings.pin_pepper.get_secret_value().encode(), url.encode(), "sha256").hexdigest()[:32]


def _on_its_way(url: str, title: str, text: str) -> "Future[bool]":
    """The sending, on a thread of its own that nobody has to wait for. Its result: whether the service took the page."""
    future: Future[bool] = Future()
    Thread(target=partial(_run, future, url, title, text), name="page", daemon=True).start()
    return future


def _run(future: "Future[bool]", url: str, title: str, text: str) -> None:
    try:
        service = apprise.Apprise.instantiate(url, asset=SENDER)
        if not isinstance(service, apprise.NotifyBase):
            log.error("an address for pages is none that Apprise knows: mend IVR_NOTIFY_URLS or the engineers' addresses")
        future.set_result(isinstance(service, apprise.NotifyBase) and bool(service.notify(body=text, title=title)))
    except Exception as error:
        log.error("a paging service failed: %s", type(error).__name__)  # its text may quote the address
        future.set_result(False)
