"""Every link of the documentation leads somewhere."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


def broken(page: Path, target: str) -> str:
    """Why the link leads nowhere; "" when it leads somewhere. Addresses elsewhere are looked at, not asked."""
    address = urlsplit(target)
    if address.scheme:
        fine = address.scheme == "https" and "." in address.netloc and " " not in target
        return "" if fine else "is no https address"
    place = (page.parent / unquote(address.path)).resolve() if address.path else page
    if not place.exists() or not place.is_relative_to(ROOT):
        return "is not there"
    if address.fragment and address.fragment not in anchors(place):
        return f"has no heading #{address.fragment}"
    return ""


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [f"{target} {why}" for target in links(page) if (why := broken(page, target))] == []


def test_every_page_can_be_reached() -> None:
    """From the README on, link by link."""
    known, new = set[Path](), [ROOT / "README.md"]
    while new:
        page = new.pop()
        known.add(page)
        places = {(page.parent / unquote(urlsplit(target).path)).resolve() for target in links(page) if not urlsplit(target).scheme}
        listed = {file for place in places if place.is_dir() for file in place.glob("*.md")}
        new += [place for place in places | listed if place.suffix == ".md" and place.is_file() and place not in known]
    assert [str(page.relative_to(ROOT)) for page in pages() if page not in known] == []


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("docs/states.md", True), ("docs/states.md#hold", True), ("docs/states.md#holds", False), ("docs/state.md", False),
        ("#nothing-like-it", False), ("../", False), ("https://docs.stripe.com/testing", True), ("http://docs.stripe.com", False),
        ("https://nowhere", False),
    ],
)  # fmt: skip
def test_a_link_that_leads_nowhere_is_found(target: str, leads: bool) -> None:
    assert (broken(ROOT / "README.md", target) == "") is leads
