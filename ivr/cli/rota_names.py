"""Finds what an administrator names in a rota. Pure; what isn't there is answered with what is (UnknownRecord)."""

from collections.abc import Iterable

from ivr.errors import UnknownRecord
from ivr.model.rota import Engineer, Layer, Rota


def engineer_of(rota: Rota, named: str) -> Engineer:
    """The engineer of this name (in any case) or with this number."""
    found = [one for one in rota.engineers if named in (one.name, str(one.id))]
    found = found or [one for one in rota.engineers if one.name.casefold() == named.strip().casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownRecord(f"Several engineers are named {named!r}. Give the number: {_listed(_numbered(one) for one in found)}.")
    there = _listed(_numbered(one) for one in rota.engineers if one.active)
    raise UnknownRecord(f"There is no engineer {named!r}." + (f" There are {there}." if there else " Add one with ivr engineer add."))


def layer_of(rota: Rota, named: str) -> Layer:
    """The layer of this name (in any case)."""
    found = [one for one in rota.layers if one.name.casefold() == named.strip().casefold()]
    exact = [one for one in found if one.name == named] or found
    if len(exact) == 1:
        return exact[0]
    there = _listed(repr(one.name) for one in rota.layers)
    raise UnknownRecord(f"There is no layer {named!r}." + (f" There are {there}." if there else " Add one with ivr rota add-layer."))


def level_of(rota: Rota, number: int) -> int:
    """The number, if there is such a level."""
    numbers = [rule.number for rule in rota.levels if not rule.ended]
    if number not in numbers:
        there = f" There are {_listed(map(str, numbers))}." if numbers else ""
        raise UnknownRecord(f"There is no level {number}.{there} Make it with ivr rota level {number}.")
    return number


def _numbered(engineer: Engineer) -> str:
    return f"{engineer.name!r} ({engineer.id})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
