"""`people.toml`: who can be called, what position they hold and when they are on shift.

Promises: every name that is used exists, once; a shift has people and hours. Leaves to others: whom a step calls
(`config_escalation`).
"""

from __future__ import annotations

import re
from pathlib import Path

from domain.callout import ASSIGNEE, Callee, Directory, Position
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import each_of, read_toml, tables

FILE = "people.toml"

NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
"""As account names are: a notice's key is made of them."""


def load_people(folder: Path, problems: Problems) -> Directory:
    """The directory. What is wrong is noted."""
    raw = read_toml(folder / FILE)
    tables(raw, ("fallback", "person", "position"), problems)
    people: dict[str, Callee] = {}
    for place, person in each_of(raw, "person", Callee, problems):
        if _is_new(person.name, people, place, problems):
            people[person.name] = person
    positions: dict[str, Position] = {}
    for place, position in each_of(raw, "position", Position, problems):
        if _is_new(position.name, {**people, **positions}, place, problems):
            positions[position.name] = position
            _check_people(position, people, place, problems)
    fallback = raw.get("fallback")
    if fallback is not None and fallback not in positions:
        problems.unknown("fallback", "position", str(fallback), positions)
    return Directory(people=people, positions=positions, fallback=fallback)


def _is_new(name: str, known: object, place: str, problems: Problems) -> bool:
    if not NAME.fullmatch(name) or name == ASSIGNEE:
        problems.add(f"{place}.name", f"{name!r} is not a name", "Use letters, digits and _ . @ - (64 at most).")
        return False
    if name in known:  # type: ignore[operator]
        problems.add(f"{place}.name", f"{name!r} is used already", "Name one of them differently.")
        return False
    return True


def _check_people(position: Position, people: dict[str, Callee], place: str, problems: Problems) -> None:
    named = [("people", position.people)]
    named += [(f"shifts[{number}].people", shift.people) for number, shift in enumerate(position.shifts)]
    for key, names in named:
        for name in names:
            if name not in people:
                problems.unknown(f"{place}.{key}", "person", name, people)
    for number, shift in enumerate(position.shifts):
        here = f"{place}.shifts[{number}]"
        if not shift.people:
            problems.add(f"{here}.people", "a shift needs people", "Name them, or remove the shift.")
        if not shift.days:
            problems.add(f"{here}.days", "a shift needs days", "Name them, or leave the key out for every day.")
        if shift.begin == shift.until:
            problems.add(f"{here}.until", "a shift of no length", "For all hours put people into people = [...].")
