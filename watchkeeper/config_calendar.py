"""`calendar.toml`: the hours in which somebody works on what is not urgent.

Promises: every calendar has hours on some day of the week, so that a promise counted in it always falls due; no date is
a holiday and a working day at once. Leaves to others: counting in them (`domain.service_hours`), which promises do
(`config_orders`).
"""

from __future__ import annotations

from pathlib import Path

from domain.callout import Weekday
from domain.service_hours import Calendar
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import each_of, read_toml, tables

FILE = "calendar.toml"

MOST_DATES = 400
"""Holidays, or working days, of one calendar: they are copied onto every order that counts in it."""


def load_calendars(folder: Path, problems: Problems) -> dict[str, Calendar]:
    """The calendars by name. What is wrong is noted."""
    raw = read_toml(folder / FILE)
    tables(raw, ("calendar",), problems)
    found: dict[str, Calendar] = {}
    for place, calendar in each_of(raw, "calendar", Calendar, problems):
        if calendar.name in found:
            problems.add(f"{place}.name", f"there are two calendars {calendar.name!r}", "Name one of them differently.")
        found[calendar.name] = calendar
        _check(calendar, place, problems)
    return found


def _check(calendar: Calendar, place: str, problems: Problems) -> None:
    if not any(one.days for one in calendar.hours):
        problems.add(f"{place}.hours", "nobody ever works", 'Write hours = [{ from = "08:30", to = "17:30" }].')
    if calendar.workdays and not any(Weekday.MON in one.days for one in calendar.hours):
        problems.add(f"{place}.workdays", "they have Monday's hours, and Monday has none", "Give Monday hours.")
    for day in sorted(calendar.holidays & calendar.workdays):
        problems.add(f"{place}.workdays", f"{day} is a holiday too", "Keep it in one of the two.")
    for name, dates in (("holidays", calendar.holidays), ("workdays", calendar.workdays)):
        if len(dates) > MOST_DATES:
            problems.add(f"{place}.{name}", f"more than {MOST_DATES} dates", "Take out the years that are over.")
