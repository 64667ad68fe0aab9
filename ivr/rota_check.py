"""What is wrong with a rota, before a caller finds out. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from shlex import quote as _q

from ivr import oncall
from ivr.model.rota import Engineer, Gap, Rota
from ivr.phone_numbers import refusal


@dataclass(frozen=True, slots=True)
class Problem:
    """``kind``: gap, phone, engineer, layer, override or row. ``mend``: what to do about it."""

    kind: str
    text: str
    mend: str
    gap: Gap | None = None


def refusals(engineer: Engineer, prefixes: Sequence[str]) -> dict[str, str]:
    """The phones of an active engineer that are never dialled, each with why."""
    found = {phone: refusal(phone, prefixes) for phone in engineer.phones} if engineer.active else {}
    return {phone: why for phone, why in found.items() if why}


def dialable(rota: Rota, prefixes: Sequence[str]) -> Rota:
    """The same without the phones that are never dialled."""
    engineers = (replace(one, phones=tuple(phone for phone in one.phones if not refusal(phone, prefixes))) for one in rota.engineers)
    return replace(rota, engineers=tuple(engineers))


def problems(rota: Rota, prefixes: Sequence[str], since: datetime, until: datetime) -> list[Problem]:
    """Everything that would keep somebody from being rung between ``since`` and ``until``, gaps first."""
    usable = dialable(rota, prefixes)
    return [
        *(_gap(gap, begun=bool(rota.layers)) for gap in oncall.gaps(usable, since, until)),
        *(Problem("row", f"{fault}; it counts for nothing.", "Change it, or end it.") for fault in rota.faults),
        *_phones(rota, prefixes),
        *_layers(usable, since, until),
        *_overrides(usable, since, until),
    ]


def _gap(gap: Gap, *, begun: bool) -> Problem:
    span = f"from {_when(gap.since)} to {_when(gap.until)}"
    if gap.level is None and begun:
        return Problem("gap", f"Nobody is on call on any level {span}: every active engineer is rung.", "ivr rota add-layer", gap)
    if gap.level is None:
        return Problem("gap", "There is no engineer who could be rung.", "ivr engineer add NAME --phone NUMBER", gap)
    mend = f"ivr rota add-layer, or for these hours ivr rota override {gap.level} ENGINEER"
    return Problem("gap", f"Nobody is on call on level {gap.level} {span}.", mend, gap)


def _phones(rota: Rota, prefixes: Sequence[str]) -> Iterator[Problem]:
    for engineer in rota.engineers:
        wrong = refusals(engineer, prefixes)
        good = "".join(f" --phone {phone}" for phone in engineer.phones if phone not in wrong)
        mend = f"ivr engineer change {_q(engineer.name)}{good} --phone NUMBER"
        for phone, why in wrong.items():
            yield Problem("phone", f"{engineer.name} is not rung on {phone!r}: it {why}.", mend)
        if engineer.active and len(wrong) == len(engineer.phones):
            yield Problem("engineer", f"{engineer.name} has no phone that could be rung.", mend)


def _layers(rota: Rota, since: datetime, until: datetime) -> Iterator[Problem]:
    names = {engineer.id: engineer for engineer in rota.engineers}
    for layer in rota.layers:
        if not oncall.overlaps(layer, since, until):
            continue
        mend = f"ivr rota change-layer {_q(layer.name)} --engineer NAME …"
        if not layer.members:
            yield Problem("layer", f"The layer {layer.name} has no engineers.", mend)
        for member in dict.fromkeys(layer.members):
            if member in names and not names[member].can_be_rung:
                text = f"{_missing(names[member])}, and is still in the layer {layer.name}: the next one stands in."
                yield Problem("layer", text, mend)


def _overrides(rota: Rota, since: datetime, until: datetime) -> Iterator[Problem]:
    names = {engineer.id: engineer for engineer in rota.engineers}
    for one in rota.overrides:
        engineer = names.get(one.engineer_id)
        if engineer and not engineer.can_be_rung and one.since < until and one.until > since:
            text = f"{_missing(engineer)}, so override {one.id} on level {one.level} from {_when(one.since)} counts for nothing."
            yield Problem("override", text, f"ivr rota end-override {one.id}")


def _missing(engineer: Engineer) -> str:
    return f"{engineer.name} can't be rung on any phone" if engineer.active else f"{engineer.name} has left"


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%a %Y-%m-%d %H:%M %Z}"
