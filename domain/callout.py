"""Whom to call: people, the positions that they hold, and who is on shift.

Promises: `Directory.called` never answers nobody: what finds no one (a gap between shifts, an unknown name) falls to
the fallback position. Shifts follow the clock on the wall of the site. Leaves to others: reading the files
(`watchkeeper.config_people`), how each person is reached (`domain.notices`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum

import msgspec

from domain.texts import Language, Text


class Weekday(StrEnum):
    """Days of a shift, as `datetime.weekday` counts them."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS = tuple(Weekday)


class Callee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who can be called. `name` is the name of the account, where the person has one.

    `contacts` are addresses by channel. `sites` None means all. A firm is a callee too.
    """

    name: str
    full_name: str = ""
    language: Language = Language.EN
    sites: frozenset[str] | None = None
    contacts: dict[str, str] = {}

    def serves(self, site: str) -> bool:
        """Whether this person is called for that site."""
        return self.sites is None or site in self.sites


class Shift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours on the wall of the site, on days of the week, and who works them.

    `until` at or before `begin` means the next morning: such a shift belongs to the day on which it begins.
    """

    begin: time
    until: time
    people: tuple[str, ...]
    days: tuple[Weekday, ...] = _DAYS

    def holds(self, local: datetime) -> bool:
        """Whether the shift is on at an instant in the site's own time: `begin <= local < until`."""
        now = local.time()
        today, yesterday = _DAYS[local.weekday()], _DAYS[(local - timedelta(days=1)).weekday()]
        if self.begin < self.until:
            return today in self.days and self.begin <= now < self.until
        return (today in self.days and now >= self.begin) or (yesterday in self.days and now < self.until)


class Position(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody is to an installation: shift leader, duty manager, the elevator firm.

    `people` hold it at all hours, beside whoever is on shift.
    """

    name: str
    title: Text
    people: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()

    def holders(self, local: datetime) -> tuple[str, ...]:
        """Names of those who hold it at an instant in the site's own time, each once."""
        on_shift = (name for shift in self.shifts if shift.holds(local) for name in shift.people)
        return tuple(dict.fromkeys([*self.people, *on_shift]))

    def everybody(self) -> frozenset[str]:
        """Names of all who ever hold it."""
        return frozenset(self.people).union(*(shift.people for shift in self.shifts))


ASSIGNEE = "assignee"
"""Whoever does the work order, in a step's `whom`: a name on the order, not a position."""


class Called(msgspec.Struct, frozen=True):
    """Who is called, and whether that is only because nobody else was found."""

    people: tuple[Callee, ...]
    fell_back: bool = False


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who can be called. An installation without one calls nobody outside the console."""

    people: Mapping[str, Callee] = {}
    positions: Mapping[str, Position] = {}
    fallback: str | None = None

    def called(self, whom: str, *, site: str, local: datetime, assignee: str | None = None) -> Called:
        """Who is meant by `whom` at an instant in the site's own time: a position, a person, or the assignee."""
        names: Iterable[str] = (whom,)
        if whom == ASSIGNEE:
            names = (assignee,) if assignee is not None else ()
        elif whom in self.positions:
            names = self.positions[whom].holders(local)
        found = self._serving(names, site)
        if found or self.fallback is None:
            return Called(found)
        holders = self.positions[self.fallback].holders(local)
        # A fallback that does not serve the site is still better than nobody.
        last = self._serving(holders, site) or tuple(self.people[name] for name in holders if name in self.people)
        return Called(last, fell_back=True)

    def title(self, whom: str) -> Text:
        """What a reader is told of `whom`."""
        if whom in self.positions:
            return self.positions[whom].title
        person = self.people.get(whom)
        name = (person.full_name or person.name) if person is not None else whom
        return ASSIGNEE_TITLE if whom == ASSIGNEE else Text(name, name, name)

    def _serving(self, names: Iterable[str], site: str) -> tuple[Callee, ...]:
        known = (self.people[name] for name in names if name in self.people)
        return tuple(person for person in known if person.serves(site))


ASSIGNEE_TITLE = Text("assignee", "处理人", "處理人")
