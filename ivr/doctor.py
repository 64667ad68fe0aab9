"""``ivr doctor``: looks at every part before a caller needs it, and says how to mend what is wrong. Changes nothing.

Each check runs on a thread of its own within a deadline, so that one that hangs or fails never keeps the others from being told.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import monotonic
from typing import Final

from pydantic import ValidationError

from ivr import disclosure, prompts
from ivr.config import Settings, faults
from ivr.doctor_asterisk import asterisk
from ivr.doctor_lines import failsafe_in_asterisk, keypad, lines
from ivr.doctor_machine import backups, certificate, clock, console, disk, serve, worker
from ivr.doctor_stripe import stripe
from ivr.errors import HotlineError, StoreUnavailable
from ivr.findings import ANEW, Finding, State, fault, ok, warning
from ivr.phone_numbers import refusal
from ivr.prompts import texts
from ivr.rota_check import problems
from ivr.store import Store

__all__ = ["CHECKS", "Finding", "State", "examine", "settings_faults"]

DEADLINE: Final = 20.0
"""Seconds that all checks together may take; each of them has shorter deadlines of its own."""

_DAYS: Final = 30

Check = Callable[[Settings], Iterable[Finding]]


def examine(settings: Settings, checks: "dict[str, Check] | None" = None, seconds: float = DEADLINE) -> list[Finding]:
    """What every check found, in the order of the checks. Never raises."""
    runs = [_Run(part, check, settings) for part, check in (CHECKS if checks is None else checks).items()]
    deadline = monotonic() + seconds
    return [finding for run in runs for finding in run.findings(deadline)]


def settings_faults(wrong: ValidationError) -> list[Finding]:
    """A fault for each setting that is missing or wrong, never with its value."""
    mend = "Set it in the environment or in a file .env in this folder."
    return [Finding("settings", State.FAULT, f"{name}: {why}", mend) for name, why in faults(wrong)]


class _Run:
    """One check on its way."""

    def __init__(self, part: str, check: Check, settings: Settings) -> None:
        self._part = part
        self._found: list[Finding] | None = None
        self._thread = Thread(target=self._run, args=(check, settings), name=f"doctor {part}", daemon=True)
        self._thread.start()

    def findings(self, deadline: float) -> list[Finding]:
        """What it found by then (monotonic)."""
        self._thread.join(max(0.0, deadline - monotonic()))
        return self._found or [fault(self._part, "did not answer in time", "See whether it hangs; run this again.")]

    def _run(self, check: Check, settings: Settings) -> None:
        try:
            self._found = list(check(settings)) or [ok(self._part, "nothing to find fault with")]
        except Exception as error:  # whatever it is: the other checks are told all the same
            text = str(error) if isinstance(error, HotlineError) else f"the check itself failed: {type(error).__name__}"
            away = isinstance(error, StoreUnavailable)
            self._found = [fault(self._part, text, "See “database”." if away else "Mend what it names, and run this again.")]


def database(settings: Settings) -> Iterator[Finding]:
    """Reachable, and migrated to this version."""
    with Store(settings) as store:
        try:
            missing, unknown = store.migrations()
        except StoreUnavailable as away:
            from ivr.migrate import refusal as why_not

            why = why_not(str(settings.database_url)) or str(away)
            yield fault("database", f"PostgreSQL does not answer ({why})", "Start it, or mend IVR_DATABASE_URL.")
            return
    if missing:
        yield fault("database", f"lacks {', '.join(sorted(missing))}", "ivr migrate")
    if unknown:
        text = f"was migrated by a newer version ({', '.join(sorted(unknown))})"
        yield warning("database", text, "Update this installation to the version of the others.")
    if not missing and not unknown:
        yield ok("database", "answers, and is up to date")


def sounds(settings: Settings) -> Iterator[Finding]:
    """Every prompt has its sound, and the operator's own recordings can be read."""
    missing = {language: _without_sound(language) for language in sorted(prompts.LANGUAGES)}
    for language, names in missing.items():
        instead = "nothing" if language == texts.ENGLISH else "English"
        level = fault if language == texts.ENGLISH else warning
        if names:
            text = f"no sound in {language} for {', '.join(names)}: callers hear {instead} there"
            yield level("prompts", text, "make prompts, or restore ivr/prompts/sounds")
    if not missing[texts.ENGLISH]:
        yield ok("prompts", f"{len(prompts.NAMES)} sounds are there")
    yield from _recordings(settings)


def _without_sound(language: str) -> list[str]:
    wanted = prompts.NAMES if language == texts.ENGLISH else texts.read_texts(language)
    return sorted(name for name in wanted if not (texts.SOUNDS[language] / f"{name}.wav").is_file())


def _recordings(settings: Settings) -> Iterator[Finding]:
    prompts.use_overrides(settings.recordings_folder)
    for own in sorted(settings.recordings_folder.glob("*/*.wav")):
        language = own.parent.name
        if own.stem not in prompts.NAMES or language not in prompts.LANGUAGES:
            yield warning("prompts", f"the recording {own.name} is no prompt's", "Rename it as the prompt is called in docs/prompts.md.")
        elif "+" not in prompts.version(own.stem, language):
            yield warning("prompts", f"the recording {own.name} can't be read", "Make it a WAV of 8 kHz, 16 bit, one channel.")


def rate(settings: Settings) -> Iterator[Finding]:
    """What an emergency costs now can be told to callers, and in time."""
    with Store(settings) as store:
        now = store.current_rate()
    try:
        lasts = max(disclosure.seconds(now, language) for language in prompts.LANGUAGES)
    except ValueError as unspeakable:
        text = f"rate {now.id} can't be told to callers, so nobody agrees to it and no call is charged: {unspeakable}"
        yield fault("rate", text, "ivr rate add, with a price that can be told")
        return
    if lasts > disclosure.LONGEST_SECONDS:
        text = f"telling callers rate {now.id} takes {lasts:.1f} s; it should be {disclosure.LONGEST_SECONDS:g} s at most"
        yield warning("rate", text, "Round the price or the minimum (ivr rate add), or record shorter prompts.")
    else:
        yield ok("rate", f"rate {now.id} is told in {lasts:.1f} s")


def rota(settings: Settings) -> Iterator[Finding]:
    """Somebody is on call at every moment of the next 30 days, on a phone that may be dialled."""
    now = datetime.now(UTC)
    with Store(settings) as store:
        written = store.rota()
    found = problems(written, settings.dial_prefixes, now, now + timedelta(days=_DAYS))
    for one in found:
        yield (fault if one.gap else warning)("rota", one.text, one.mend)
    if not found:
        every = "on every level" if written.layers else "(there is no rota: every active engineer)"
        yield ok("rota", f"somebody is on call {every} for the next {_DAYS} days")


def pages(settings: Settings) -> Iterator[Finding]:
    """Somebody is paged."""
    with Store(settings) as store:
        own = len(store.page_addresses())
    if own or settings.notify_urls:
        yield ok("pages", f"{own} addresses of engineers, {len(settings.notify_urls)} of everybody")
    else:
        yield warning("pages", "there is no address: nobody is paged", "Set IVR_NOTIFY_URLS, or ivr engineer change NAME --pages.")


def failsafe(settings: Settings) -> Iterator[Finding]:
    """Asterisk has phones to ring without us."""
    mend = f"Set IVR_FAILSAFE_PHONES=+15555550191,+15555550192; then let Asterisk read it ({ANEW})."
    if not settings.failsafe_phones:
        yield fault("failsafe", "no failsafe phone is set: with the software down nobody is reached", mend)
    for phone in settings.failsafe_phones:
        if why := refusal(phone, settings.dial_prefixes):
            yield fault("failsafe", f"{phone!r} {why}", mend)
    if settings.failsafe_phones and not any(refusal(phone, settings.dial_prefixes) for phone in settings.failsafe_phones):
        yield from failsafe_in_asterisk(settings)


CHECKS: Final[dict[str, Check]] = {
    "database": database, "asterisk": asterisk, "serve": serve, "worker": worker, "console": console, "routes": lines,
    "tls": certificate, "failsafe": failsafe, "rota": rota, "pages": pages, "prompts": sounds, "rate": rate, "stripe": stripe,
    "cards": keypad, "clock": clock, "disk": disk, "backups": backups,
}  # fmt: skip
