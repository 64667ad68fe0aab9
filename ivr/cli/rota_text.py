"""The rota for people and for programs. Times are this machine's, hand-overs those of the layer's zone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from ivr import oncall
from ivr.administration.hand_overs import WEEKDAYS
from ivr.model.rota import Engineer, HandOver, Layer, Level, LevelRule, Override, Rota
from ivr.rota_check import Problem, refusals
from ivr.tables import table


def ladder_data(ladder: Sequence[Level], rota: Rota, at: datetime, ring_seconds: int) -> list[dict[str, Any]]:
    """Each level with its engineers, their phones, and why it is they."""
    found = []
    for level in ladder:
        names = dict.fromkeys((rung.engineer_id, rung.name) for rung in level.rungs)
        engineers = [
            {
                "id": number,
                "name": name,
                "phones": [rung.phone for rung in level.rungs if rung.engineer_id == number],
                "because": because(rota, level.number, number, at),
            }
            for number, name in names
        ]
        seconds = level.ring_seconds or ring_seconds
        found.append({"level": level.number, "together": level.together, "ring_seconds": seconds, "engineers": engineers})
    return found


def ladder_table(data: Sequence[dict[str, Any]]) -> Table:
    """The same for a person, in the order of ringing."""
    rows = []
    for level in data:
        how = f"{'all at once' if level['together'] else 'one by one'}, {level['ring_seconds']} s"
        for place, one in enumerate(level["engineers"]):
            first = (str(level["level"]), how) if not place else ("", "")
            rows.append((*first, one["name"], ", ".join(one["phones"]), one["because"]))
    return table(rows, "level", "rung", "engineer", "phones", "because of")


def because(rota: Rota, number: int, engineer_id: int, at: datetime) -> str:
    """Why this engineer is on this level now."""
    for one in rota.overrides:
        if (one.level, one.engineer_id) == (number, engineer_id) and one.since <= at < one.until:
            return f"override {one.id} until {when(one.until)}: {one.reason}"
    for layer in rota.layers:
        engineer = oncall.in_turn(rota, layer, at) if layer.level == number else None
        if engineer and engineer.id == engineer_id:
            return f"layer {layer.name}" + _until(layer, at)
    return "nobody is on call: all are rung" if rota.layers else "there is no rota: all are rung"


def layer_data(layer: Layer, rota: Rota, at: datetime) -> dict[str, Any]:
    """A layer, who is on call by it, and until when."""
    names = {engineer.id: engineer.name for engineer in rota.engineers}
    engineer, next_at = oncall.in_turn(rota, layer, at), oncall.next_hand_over(layer, at)
    return {
        "id": layer.id,
        "name": layer.name,
        "level": layer.level,
        "engineers": [names.get(member, "?") for member in layer.members],
        "hand_over": layer.hand_over.value,
        "weekday": WEEKDAYS[layer.weekday - 1] if layer.weekday else None,
        "at": f"{layer.at:%H:%M}",
        "zone": layer.zone.key,
        "valid_from": layer.valid_from.isoformat(),
        "valid_until": layer.valid_until.isoformat() if layer.valid_until else None,
        "on_call": engineer.name if engineer else None,
        "next_hand_over": next_at.isoformat() if next_at else None,
    }


def layers_table(rota: Rota, at: datetime) -> Table:
    """Each layer on a line."""
    rows = []
    for layer in sorted(rota.layers, key=lambda one: (one.level, one.id)):
        data = layer_data(layer, rota, at)
        rhythm = f"{data['weekday'] or 'daily'} {data['at']} {data['zone']}"
        term = f"from {data['valid_from']}" + (f" to {data['valid_until']}" if layer.valid_until else "")
        now = (data["on_call"] or "nobody") + _until(layer, at)
        rows.append((str(layer.level), layer.name, ", ".join(data["engineers"]) or "nobody", rhythm, term, now))
    return table(rows, "level", "layer", "engineers in turn", "hand-over", "in force", "now")


def override_data(one: Override, rota: Rota) -> dict[str, Any]:
    """An override with its engineer's name."""
    name = next((engineer.name for engineer in rota.engineers if engineer.id == one.engineer_id), "?")
    times = {"from": one.since.isoformat(), "until": one.until.isoformat()}
    return {"id": one.id, "level": one.level, "engineer": name, **times, "reason": one.reason}


def overrides_table(rota: Rota) -> Table:
    """Each override on a line."""
    found = [(one, override_data(one, rota)) for one in rota.overrides]
    rows = [(str(one.id), str(one.level), data["engineer"], when(one.since), when(one.until), one.reason) for one, data in found]
    return table(rows, "override", "level", "engineer", "from", "until", "reason")


def engineer_data(engineer: Engineer, prefixes: Sequence[str]) -> dict[str, Any]:
    """An engineer; ``never_dialled`` says why for each such phone."""
    return {
        "id": engineer.id,
        "name": engineer.name,
        "position": engineer.position,
        "active": engineer.active,
        "phones": list(engineer.phones),
        "never_dialled": refusals(engineer, prefixes),
    }


def problem_data(problem: Problem) -> dict[str, Any]:
    """What is wrong; gaps with their exact times."""
    gap = problem.gap
    span = {"level": gap.level, "from": gap.since.isoformat(), "until": gap.until.isoformat()} if gap else None
    return {"kind": problem.kind, "text": problem.text, "mend": problem.mend, "gap": span}


def when(moment: datetime) -> str:
    """An instant in this machine's time, with the zone's name."""
    return f"{moment.astimezone():%a %Y-%m-%d %H:%M %Z}"


def _until(layer: Layer, at: datetime) -> str:
    """When the next one takes over, in the layer's own time."""
    next_at = oncall.next_hand_over(layer, at)
    if next_at is None or len(set(layer.members)) < 2:
        return ""
    return f", until {next_at.astimezone(layer.zone):{'%a %H:%M' if layer.hand_over is HandOver.DAILY else '%a %Y-%m-%d %H:%M'} %Z}"


def level_data(rule: LevelRule, ring_seconds: int) -> dict[str, Any]:
    """How a level is rung."""
    rung = "all at once" if rule.together else "one by one"
    return {
        "level": rule.number,
        "rung": rung,
        "together": rule.together,
        "ring_seconds": rule.ring_seconds or ring_seconds,
        "ended": rule.ended,
    }


def levels_table(rota: Rota, ring_seconds: int) -> Table:
    """Each level on a line."""
    data = [level_data(rule, ring_seconds) for rule in rota.levels if not rule.ended]
    return table(((str(one["level"]), one["rung"], f"{one['ring_seconds']} s") for one in data), "level", "rung", "each for")
