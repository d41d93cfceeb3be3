"""`maintenance.toml`: hours that come again in which devices are out of service.

Promises: every window says what it is for, when it comes and who allowed it; its name is the only one of its site.
Leaves to others: whether its devices are there (the registry may change every day), when it comes
(`domain.maintenance`), beginning it (`alerting.maintenance`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from domain.kinds import Kind
from domain.maintenance import MOST_WEEKS, MaintenanceWindow
from watchkeeper.config_errors import Problems
from watchkeeper.config_property import expand_ids
from watchkeeper.config_toml import each_of, read_toml, tables

FILE = "maintenance.toml"

MOST_WINDOWS = 500
MOST_DEVICES = 500
"""Named devices of one window; a kind, a building or a zone has no such bound."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)


def load_windows(folder: Path, kinds: Mapping[str, Kind], problems: Problems) -> tuple[MaintenanceWindow, ...]:
    """The windows of the folder's file. What is wrong is noted."""
    raw = read_toml(folder / FILE)
    tables(raw, ("window",), problems)
    return read_windows(raw, kinds, problems)


def read_windows(
    raw: Mapping[str, object], kinds: Mapping[str, Kind], problems: Problems
) -> tuple[MaintenanceWindow, ...]:
    """The windows among the tables of a file. What is wrong is noted."""
    found: dict[tuple[str, str], MaintenanceWindow] = {}
    for place, written in each_of(raw, "window", MaintenanceWindow, problems):
        if (written.site, written.name) in found:
            problems.add(f"{place}.name", f"there are two windows {written.name!r}", "Name one of them differently.")
        window = _expanded(written, place, problems)
        _check_words(window, place, problems)
        _check_what(window, kinds, place, problems)
        _check_when(window, place, problems)
        found[window.site, window.name] = window
    if len(found) > MOST_WINDOWS:
        problems.add("window", f"more than {MOST_WINDOWS} windows", "Name a kind or a building instead of devices.")
    return tuple(found.values())


def _expanded(window: MaintenanceWindow, place: str, problems: Problems) -> MaintenanceWindow:
    try:
        names = tuple(dict.fromkeys(expand_ids(window.devices)))
    except ValueError as error:
        problems.add(f"{place}.devices", str(error), 'Write it like ["E-03", "E-05..E-08"].')
        return window
    if len(names) > MOST_DEVICES:
        problems.add(f"{place}.devices", f"more than {MOST_DEVICES} devices", "Name a kind, a building or a zone.")
    return replace(window, devices=names)


def _check_words(window: MaintenanceWindow, place: str, problems: Problems) -> None:
    for key, name in (("name", window.name), ("site", window.site)):
        if not _NAME.fullmatch(name):
            problems.add(f"{place}.{key}", f"{name!r} is not a name", "Use 1 to 64 letters, digits, - and _.")
    for key, words in (("reason", window.reason), ("authority", window.authority)):
        if not words.strip():
            problems.add(f"{place}.{key}", "it says nothing", "Say why, and who allowed it.")


def _check_what(window: MaintenanceWindow, kinds: Mapping[str, Kind], place: str, problems: Problems) -> None:
    by_place = window.kind is not None or window.building is not None
    if by_place == bool(window.devices):
        remedy = 'Write devices = ["E-03"], or kind = "elevator", or building = "T1".'
        problems.add(place, "it is for named devices, or for a kind, a building or a zone: one of both", remedy)
    if window.zone is not None and window.building is None:
        problems.add(f"{place}.zone", "a zone is in a building", 'Add building = "...".')
    if window.kind is not None and window.kind not in kinds:
        problems.unknown(f"{place}.kind", "kind", window.kind, kinds)


def _check_when(window: MaintenanceWindow, place: str, problems: Problems) -> None:
    if window.begins == window.ends:
        remedy = "Take a device that is out all day out of service by hand: then somebody brings it back."
        problems.add(f"{place}.to", "it would never end", remedy)
    if not window.days:
        problems.add(f"{place}.days", "it comes on no day", "Name days, or leave the key out for every day.")
    for week in window.weeks:
        if not 1 <= week <= MOST_WEEKS:
            problems.add(f"{place}.weeks", f"there is no week {week} of a month", f"Write 1 to {MOST_WEEKS}.")
    for key, day in (("first", window.first), ("last", window.last)):
        if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
            problems.add(f"{place}.{key}", f"{day} is not in our time", "Correct the year.")
    if window.first is not None and window.last is not None and window.last < window.first:
        problems.add(f"{place}.last", "it lies before the first day", "Swap the two.")
