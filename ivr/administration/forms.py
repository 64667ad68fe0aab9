"""What an administrator may enter, checked field by field before the records see any of it. Pure but for pydantic.

Used by the commands and by the import alike, so that both refuse the same things in the same words.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from ivr import spoken, tariff
from ivr.administration import moments
from ivr.errors import BadAmount
from ivr.model.money import Rate
from ivr.periods import Period

LONGEST_ACCOUNT: Final = 12
"""Digits that a caller can key in (``identify.ACCOUNT``)."""

SPOKEN_CURRENCIES: Final = spoken.DOLLARS

_EMAIL: Final = re.compile(r"[^\s@,;<>\"'=+-][^\s@,;<>\"']*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_FORMULA: Final = ("=", "+", "-", "@", "|", "%")
_SEEN: Final = ("L", "M", "N", "P", "S", "Zs")


def account_number(text: str) -> str:
    """Digits, as many as a caller can key in. Raises ValueError."""
    if not re.fullmatch(rf"[0-9]{{1,{LONGEST_ACCOUNT}}}", text):
        raise ValueError(f"an account number has 1 to {LONGEST_ACCOUNT} digits and nothing else")
    return text


def plain_text(text: str) -> str:
    """A name or a reason of one line: no control or invisible characters, nothing that a spreadsheet would run. Raises ValueError."""
    text = unicodedata.normalize("NFC", text.strip())
    if not text:
        raise ValueError("must not be empty")
    if len(text) > 100:
        raise ValueError("must not be longer than 100 characters")
    if not all(unicodedata.category(letter).startswith(_SEEN) for letter in text):
        raise ValueError("has control characters or invisible ones")
    if text.startswith(_FORMULA):
        raise ValueError(f"begins with {text[0]}, which a spreadsheet takes for a formula")
    return text


def _email(text: str) -> str:
    if text and (len(text) > 254 or not _EMAIL.fullmatch(text) or not text.isprintable()):
        raise ValueError("is no e-mail address like office@example.com")
    return text


def _phone(text: str, info: ValidationInfo) -> str:
    from ivr.phone_numbers import e164  # loads the world's numbering plans

    country = str((info.context or {}).get("country", "US"))
    number = e164(text, country) if re.fullmatch(r"\+?[0-9 ().\-/]{3,30}", text) else None
    if number is None or not _E164.fullmatch(number):
        raise ValueError(f"{text[:30]!r} is no phone number; write it like +1 202 555 0142")
    return number


def _unlimited(value: object) -> object:
    return None if value == "unlimited" else value


def _listed(value: object) -> object:
    return [item for item in re.split(r"[|,]", value) if item.strip()] if isinstance(value, str) else value


def _zone(value: object) -> object:
    return moments.zone(value) if isinstance(value, str) else value


def _day(value: object) -> object:
    return moments.day(value) if isinstance(value, str) else value


Account = Annotated[str, AfterValidator(account_number)]
Text = Annotated[str, AfterValidator(plain_text)]
Email = Annotated[str, AfterValidator(_email)]
Phone = Annotated[str, AfterValidator(_phone)]
Phones = Annotated[tuple[Phone, ...], BeforeValidator(_listed)]
Day = Annotated[date, BeforeValidator(_day)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Minutes = Annotated[Annotated[int, Field(ge=1, le=10_000_000)] | None, BeforeValidator(_unlimited)]
Increment = Annotated[int, Field(ge=1, le=1440)]


class Form(BaseModel):
    """``model_validate(values, context={"country": "US"})``; ``model_fields_set`` says what was given at all."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class CustomerForm(Form):
    """A customer, whole or the part that changes. ``email`` "" is none."""

    account: Account
    name: Text | None = None
    email: Email | None = None
    trunks: bool | None = None
    language: Literal["en", "es"] | None = None
    phones: Phones = ()
    drop_phones: Phones = ()


class AgreementForm(Form):
    """An agreement from the first moment of one day to the last of another, in its own zone. ``minutes`` None is unlimited."""

    account: Account
    first_day: Day
    last_day: Day
    zone: Zone
    minutes: Minutes
    period: Period = Period.TERM
    anchor: Day | None = None
    carry_over: bool = False
    covers_emergencies: bool = True
    increment_minutes: Increment | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"the last day, {self.last_day}, is before the first, {self.first_day}")
        if self.period is Period.TERM and (self.carry_over or self.anchor):
            raise ValueError("carry_over and anchor need the period month or quarter")
        if self.minutes is None and self.carry_over:
            raise ValueError("carry_over makes no sense without a number of minutes")
        return self

    @property
    def starts_at(self) -> datetime:
        return moments.first_moment(self.first_day, self.zone)

    @property
    def ends_at(self) -> datetime:
        return moments.last_moment(self.last_day, self.zone)

    def row(self) -> dict[str, Any]:
        """As the records take it."""
        fields = self.model_dump(exclude={"first_day", "last_day", "zone"})
        return fields | {"starts_at": self.starts_at, "ends_at": self.ends_at, "zone": self.zone.key}


class RateForm(Form):
    """A rate. ``tax_percent`` has at most two decimals; ``blocks`` are minutes that can be prepaid."""

    cents: Annotated[int, Field(ge=1, le=tariff.MOST_CENTS)]
    minimum: Annotated[int, Field(ge=0, le=1440)]
    increment: Increment
    currency: Literal[SPOKEN_CURRENCIES]  # type: ignore[valid-type]
    tax_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
    blocks: Annotated[tuple[Annotated[int, Field(ge=1, le=1440)], ...], BeforeValidator(_listed), Field(min_length=1, max_length=9)]

    @model_validator(mode="after")
    def _can_be_held(self) -> Self:
        rate = self.rate()
        if rate.increment_minutes > 1:
            raise ValueError("increment: callers are told “by the minute”, and no prompt says another step yet: it must be 1")
        if len(set(rate.blocks)) < len(rate.blocks):
            raise ValueError("blocks: one stands there twice; each has its own key")
        if unfit := sorted(set(rate.blocks) - set(tariff.blocks(rate))):
            raise ValueError(f"a block of {unfit[0]} minutes is under the minimum or not a multiple of the increment: nobody could buy it")
        try:
            for minutes in rate.blocks:
                tariff.block_cents(rate, minutes)
        except BadAmount as wrong:
            raise ValueError(str(wrong)) from wrong
        return self

    def rate(self) -> Rate:
        """As the flow has it."""
        return Rate(0, self.cents, self.minimum, self.increment, str(self.currency), self.blocks, int(self.tax_percent * 100))


def faults(wrong: ValidationError, names: Mapping[str, str] | None = None) -> list[str]:
    """One sentence for each field that is wrong: its name (as ``names`` calls it) and why. Never the value: it may be a secret."""
    return [_fault(error, names or {}) for error in wrong.errors(include_input=False, include_url=False)]


def _fault(error: Any, names: Mapping[str, str]) -> str:
    field = str(error["loc"][0]) if error["loc"] else ""
    why = error["msg"].removeprefix("Value error, ")
    return f"{names.get(field, field)}: {why}" if field else why
