"""A property file: one site, its buildings, zones and devices, and its routes.

Promises: every device stands in a place that the file has, behind a gateway and a feed that it has, with limits that
its kind knows; a table of devices may name many at once (`ids = ["E-01..E-08"]`).
Leaves to others: the registry (`alerting.desk`), judging rounds on the routes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from alerting.desk import OverrideDetails
from domain.assets import Building, Device, Site
from domain.instants import write_span
from domain.kinds import Kind
from domain.routes import CLOCK_TIME, Band, CheckItem, Hours, Route, RouteKind
from domain.texts import Text
from watchkeeper.config_errors import Problems, instead
from watchkeeper.config_overrides import read_overrides
from watchkeeper.config_toml import convert, each_of, each_table, read_toml, tables

MAX_DEVICES = 100_000
_CLOCK_TIME = re.compile(CLOCK_TIME)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RANGE = re.compile(r"(?P<head>[A-Za-z0-9_-]*?)(?P<first>\d+)\.\.(?P<again>[A-Za-z0-9_-]*?)(?P<last>\d+)")


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds. A spreadsheet of devices holds no site: its sites are in the registry already."""

    sites: tuple[Site, ...]
    devices: tuple[Device, ...]
    routes: tuple[Route, ...] = ()
    overrides: tuple[OverrideDetails, ...] = ()


class SiteTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[site]`; its buildings are tables of their own."""

    id: str
    name: Text
    time_zone: str = "Asia/Shanghai"


class DeviceTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[device]]`: devices that differ only in id and, if `zones` is given, in zone (dealt out in turn).

    In `name`, `{id}`, `{n}` (counted from 1 within the table) and `{zone}` (the zone's name) are filled.
    """

    kind: str
    ids: tuple[str, ...]
    name: Text | None = None
    building: str | None = None
    zone: str | None = None
    zones: tuple[str, ...] = ()
    model: str | None = None
    gateway: str | None = None
    power_feed: str | None = None
    interval: timedelta | None = None
    limits: dict[str, float] = {}
    tags: frozenset[str] = frozenset()


class RouteTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[route]]`, with the fields of `domain.routes.Route`. `checkpoints` may be written as ranges."""

    id: str
    name: Text
    checkpoints: tuple[str, ...]
    kind: RouteKind = RouteKind.SECURITY
    team: str | None = None
    ordered: bool = False
    every: timedelta | None = None
    bands: tuple[Band, ...] = ()
    active: Hours = Hours()
    random_start: timedelta = timedelta(0)
    grace: timedelta = timedelta(minutes=15)
    within: timedelta | None = None
    least_between: timedelta = timedelta(0)
    guards: tuple[str, ...] = ()
    items: tuple[CheckItem, ...] = ()


def read_property(path: Path, kinds: Mapping[str, Kind], problems: Problems) -> Property:
    """The file's content. What is wrong is noted; the result is whole only when nothing was."""
    raw = read_toml(path)
    tables(raw, ("site", "building", "device", "route", "override"), problems)
    site = _site(raw, problems)
    placed: list[tuple[str, Device]] = []
    for place, group in each_of(raw, "device", DeviceTable, problems):
        placed += [(place, device) for device in _expand(group, site, place, problems)]
    if len(placed) > MAX_DEVICES:
        problems.add("device", f"more than {MAX_DEVICES} devices", "Split the property into several sites.")
        placed = placed[:MAX_DEVICES]
    check_devices(placed, site, kinds, problems)
    devices = {device.id: device for _, device in placed}
    routes = _routes(raw, site, devices, problems)
    overrides = read_overrides(_ranges_written_out(raw, problems), site.id, devices, kinds, problems)
    return Property(sites=(site,), devices=tuple(devices.values()), routes=routes, overrides=overrides)


def _ranges_written_out(raw: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The file's overrides with every range of their devices written out."""
    tables_out = []
    for place, table in each_table(raw, "override", problems):
        ids = table.get("devices")
        if isinstance(ids, list) and all(isinstance(one, str) for one in ids):
            try:
                table = {**table, "devices": list(expand_ids(ids))}  # noqa: PLW2901
            except ValueError as error:
                problems.add(f"{place}.devices", str(error), "Write a range like E-01..E-08.")
        tables_out.append(table)
    return {"override": tables_out}


def expand_ids(ids: Iterable[str]) -> Iterator[str]:
    """Each id; `E-01..E-08` (or `E-01..08`) is eight of them. Raises ValueError for a range that is none."""
    for one in ids:
        if ".." not in one:
            yield one
            continue
        match = _RANGE.fullmatch(one)
        if match is None or match["again"] not in ("", match["head"]):
            raise ValueError(f"{one!r} is not a range like E-01..E-08")
        first, last = int(match["first"]), int(match["last"])
        if not first <= last < first + MAX_DEVICES:
            raise ValueError(f"{one!r} does not count upwards")
        width = len(match["first"])
        for number in range(first, last + 1):
            yield f"{match['head']}{number:0{width}d}"


def check_devices(
    placed: Iterable[tuple[str, Device]], site: Site | None, kinds: Mapping[str, Kind], problems: Problems
) -> None:
    """Note what is wrong with devices, each with its place in the file. Without a site places are not looked at."""
    placed = list(placed)
    seen: set[tuple[str, str]] = set()
    for place, device in placed:
        if not _NAME.fullmatch(device.id):
            remedy = "Use 1 to 64 letters, digits, - and _: it is a part of an MQTT topic."
            problems.add(f"{place}.ids", f"{device.id!r} cannot be a device's id", remedy)
        elif (device.site, device.id) in seen:
            problems.add(f"{place}.ids", f"there are two devices {device.id!r}", "Give one of them another id.")
        seen.add((device.site, device.id))
    known = {device.id: device.kind for _, device in placed}
    done: set[str] = set()
    for place, device in placed:
        if place not in done:  # the devices of one table share all of this: say it once
            done.add(place)
            _check_device(device, kinds, known if site is not None else None, place, problems)


def _site(raw: Mapping[str, Any], problems: Problems) -> Site:
    table = convert(raw.get("site", {}), SiteTable, "site", problems)
    buildings: dict[str, Building] = {}
    for place, building in each_of(raw, "building", Building, problems):
        if building.id in buildings:
            problems.add(f"{place}.id", f"there are two buildings {building.id!r}", "Give one of them another id.")
        zones = [zone.id for zone in building.zones]
        for number, zone in enumerate(zones):
            if zone in zones[:number]:
                problems.add(f"{place}.zones[{number}].id", f"there are two zones {zone!r}", "Give one another id.")
        buildings[building.id] = building
    if table is None:
        nothing = Text("", "", "")
        return Site(id="", name=nothing, buildings=tuple(buildings.values()))
    if not _NAME.fullmatch(table.id):
        remedy = "Use 1 to 64 letters, digits, - and _: it is a part of an MQTT topic."
        problems.add("site.id", f"{table.id!r} cannot be a site's id", remedy)
    if not _is_time_zone(table.time_zone):
        problems.add("site.time_zone", f"unknown time zone {table.time_zone!r}", "Use an IANA name like Asia/Shanghai.")
    return Site(id=table.id, name=table.name, time_zone=table.time_zone, buildings=tuple(buildings.values()))


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _expand(group: DeviceTable, site: Site, place: str, problems: Problems) -> Iterator[Device]:
    try:
        ids = list(expand_ids(group.ids))
    except ValueError as error:
        problems.add(f"{place}.ids", str(error), "Write a range like E-01..E-08.")
        return
    if not ids:
        problems.add(f"{place}.ids", "it is empty", "Name at least one device.")
    if group.zone is not None and group.zones:
        problems.add(f"{place}.zones", "there is a zone and zones", "Keep one of the two.")
    zones = group.zones or (group.zone,)
    names = _zone_names(group, zones, site, place, problems)
    for number, device_id in enumerate(ids):
        zone = zones[number % len(zones)]
        yield Device(
            site=site.id,
            id=device_id,
            kind=group.kind,
            name=None if group.name is None else _named(group.name, device_id, number + 1, names.get(zone)),
            building=group.building,
            zone=zone,
            model=group.model,
            gateway=group.gateway,
            power_feed=group.power_feed,
            interval=group.interval,
            limits=group.limits,
            tags=group.tags,
        )


def _zone_names(
    group: DeviceTable, zones: tuple[str | None, ...], site: Site, place: str, problems: Problems
) -> dict[str | None, Text]:
    buildings = {building.id: building for building in site.buildings}
    if group.building is None:
        if any(zones):
            problems.add(place, "a zone needs its building", "Add building = ...")
        return {}
    if group.building not in buildings:
        problems.unknown(f"{place}.building", "building", group.building, buildings)
        return {}
    names: dict[str | None, Text] = {zone.id: zone.name for zone in buildings[group.building].zones}
    for zone in zones:
        if zone is not None and zone not in names:
            known = [str(name) for name in names]
            problems.unknown(f"{place}.zone", f"zone of {group.building}", zone, known)
    return names


def _named(name: Text, device_id: str, number: int, zone: Text | None) -> Text:
    def filled(words: str, zone_words: str) -> str:
        return words.replace("{id}", device_id).replace("{n}", str(number)).replace("{zone}", zone_words)

    zone = zone or Text("", "", "")
    return Text(filled(name.en, zone.en), filled(name.zh_hans, zone.zh_hans), filled(name.zh_hant, zone.zh_hant))


def _check_device(
    device: Device, kinds: Mapping[str, Kind], known: Mapping[str, str] | None, place: str, problems: Problems
) -> None:
    kind = kinds.get(device.kind)
    if kind is None:
        problems.unknown(f"{place}.kind", "kind", device.kind, kinds)
        return
    limits = [limit.name for limit in kind.limits]
    for name, level in device.limits.items():
        if name not in limits:
            problems.unknown(f"{place}.limits.{name}", f"limit of {kind.name}", name, limits)
        elif not math.isfinite(level):
            problems.add(f"{place}.limits.{name}", "it is not a number", "Write a number.")
    if device.interval is not None and device.interval <= timedelta(0):
        problems.add(f"{place}.interval", "it is no time at all", "Write a span longer than nothing.")
    if known is None:
        return
    for field, wanted in (("gateway", "gateway"), ("power_feed", "power_feed")):
        parent = getattr(device, field)
        if parent is not None and known.get(parent) != wanted:
            there = [name for name, kind_name in known.items() if kind_name == wanted]
            problems.unknown(f"{place}.{field}", wanted.replace("_", " "), parent, there)


def _routes(raw: Mapping[str, Any], site: Site, devices: Mapping[str, Device], problems: Problems) -> tuple[Route, ...]:
    points = [device.id for device in devices.values() if device.kind == "checkpoint"]
    routes: dict[str, Route] = {}
    for place, raw_table in each_table(raw, "route", problems):
        if not _times_are_readable(raw_table, place, problems):
            continue
        table = convert(raw_table, RouteTable, place, problems)
        if table is None:
            continue
        if not _NAME.fullmatch(table.id):
            problems.add(f"{place}.id", f"{table.id!r} cannot be a route's id", "Use 1 to 64 letters, digits, - and _.")
        if table.id in routes:
            problems.add(f"{place}.id", f"there are two routes {table.id!r}", "Give one of them another id.")
        try:
            passed = tuple(expand_ids(table.checkpoints))
        except ValueError as error:
            problems.add(f"{place}.checkpoints", str(error), "Write a range like CP-01..CP-08.")
            continue
        _check_points(table, passed, points, place, problems)
        _check_times(table, place, problems)
        fields = {name: getattr(table, name) for name in table.__struct_fields__}
        routes[table.id] = Route(site=site.id, **{**fields, "checkpoints": passed})
    return tuple(routes.values())


def _times_are_readable(raw: Mapping[str, Any], place: str, problems: Problems) -> bool:
    """Whether every time of day in a route is one. What else is wrong with its tables is told when they are read."""
    bands = raw.get("bands")
    named = [("active", raw.get("active"))]
    named += [(f"bands[{number}]", band) for number, band in enumerate(bands if isinstance(bands, list) else ())]
    before = len(problems)
    for name, hours in named:
        for end in ("from", "to"):
            told = hours.get(end) if isinstance(hours, dict) else None
            if isinstance(told, str) and not _CLOCK_TIME.fullmatch(told):
                problems.add(f"{place}.{name}.{end}", f"{told!r} is not a time of day", 'Write it like "22:30".')
    return len(problems) == before


def _check_points(
    table: RouteTable, passed: tuple[str, ...], points: Sequence[str], place: str, problems: Problems
) -> None:
    for point in passed:
        if point not in points:
            problems.add(f"{place}.checkpoints", f"unknown checkpoint {point!r}", instead(point, points))
    if not passed:
        problems.add(f"{place}.checkpoints", "it is empty", "Name at least one checkpoint.")
    if len(passed) != len(set(passed)):
        problems.add(f"{place}.checkpoints", "a checkpoint is named twice", "Name each once: one visit is enough.")
    for number, item in enumerate(table.items):
        if item.checkpoint not in passed:
            where = f"{place}.items[{number}].checkpoint"
            problems.add(where, f"the route does not pass {item.checkpoint!r}", instead(item.checkpoint, passed))


def _check_times(table: RouteTable, place: str, problems: Problems) -> None:
    nothing = timedelta(0)
    for field in ("every", "within"):
        span: timedelta | None = getattr(table, field)
        if span is not None and span <= nothing:
            problems.add(f"{place}.{field}", "it is no time at all", "Write a span longer than nothing.")
            return
    if table.every is not None and table.bands:
        problems.add(f"{place}.bands", "there are every and bands", "Keep one of the two.")
    for number, band in enumerate(table.bands):
        if any(_overlap(band.hours, other.hours) for other in table.bands[:number]):
            problems.add(
                f"{place}.bands[{number}]", "it overlaps a band before it", "Let one begin where another ends."
            )
    turns = [band.hours.length / band.times for band in table.bands]
    turn = min([*turns, table.every] if table.every is not None else turns, default=None)
    needed = table.random_start + 2 * table.grace + (table.within or nothing)
    if turn is not None and needed >= turn:
        problem = f"random_start, within and grace before and after are {write_span(needed)}, and a round comes every"
        remedy = "Shorten them, or let rounds come less often: a visit must belong to one round."
        problems.add(f"{place}.grace", f"{problem} {write_span(turn)}", remedy)


def _overlap(one: Hours, other: Hours) -> bool:
    """Whether two spans of the day share a minute."""
    minutes = [{(_minute(hours.begins) + n) % 1440 for n in range(_minutes(hours.length))} for hours in (one, other)]
    return not minutes[0].isdisjoint(minutes[1])


def _minute(clock_time: str) -> int:
    hour, minute = clock_time.split(":")
    return int(hour) * 60 + int(minute)


def _minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)
