"""Times, days and zones as an administrator types them. Pure; every refusal is a ValueError whose text says what to type instead."""

from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 30)


def moment(text: str) -> datetime:
    """An instant: ISO 8601, with a zone or in this machine's own (``2026-03-01T09:30``, ``2026-03-01 09:30+01:00``), or ``now``."""
    if text.strip() == "now":
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no time. Write it like 2026-03-01T09:30 or 2026-03-01T09:30+01:00.") from None
    if not EARLIEST <= found.date() <= LATEST:
        raise ValueError(f"{text[:40]!r} is not between the years {EARLIEST.year} and {LATEST.year}.")
    return found.astimezone()


def day(text: str) -> date:
    """A day: ``2026-03-01``."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no day. Write it like 2026-03-01.") from None
    if not EARLIEST <= found <= LATEST:
        raise ValueError(f"{text[:40]!r} is not between the years {EARLIEST.year} and {LATEST.year}.")
    return found


def zone(text: str) -> ZoneInfo:
    """A time zone by its IANA name: ``America/New_York``. An unknown one is answered with near ones."""
    known = available_timezones()
    if text in known:
        return ZoneInfo(text)
    near = get_close_matches(text, known, 3) or get_close_matches(text, [name.rsplit("/", 1)[-1] for name in known], 1)
    near = [name for name in known if name in near or name.rsplit("/", 1)[-1] in near][:3]
    meant = f" Did you mean {' or '.join(sorted(near))}?" if near else " Write it like America/New_York."
    raise ValueError(f"There is no time zone {text[:40]!r}.{meant}")


def zone_or_utc(name: str) -> ZoneInfo:
    """A zone that stands in the records; one that this machine does not know counts as UTC, as for callers."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return ZoneInfo("UTC")


def first_moment(of: date, where: ZoneInfo) -> datetime:
    """The first moment of a day in a zone, in UTC."""
    return datetime.combine(of, time(), where).astimezone(UTC)


def last_moment(of: date, where: ZoneInfo) -> datetime:
    """The first moment after a day in a zone, in UTC."""
    return first_moment(of + timedelta(days=1), where)
