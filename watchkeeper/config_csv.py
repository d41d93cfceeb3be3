"""A spreadsheet of devices, saved as CSV.

Promises: the first line names the columns; each other line is a device; a mistake is told with its line. Columns:
`site`, `id`, `kind`, and, as needed, `name` (or `name_en`, `name_zh_hans`, `name_zh_hant`), `building`, `zone`,
`model`, `gateway`, `power_feed`, `interval` ("60s"), `tags` (with blanks between), and one `limit_NAME` for each limit.
Leaves to others: sites and buildings, which the registry must have already (`alerting.desk`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from domain.assets import Device
from domain.errors import ConfigError
from domain.instants import parse_span
from domain.kinds import Kind
from domain.texts import Text
from watchkeeper.config_errors import Problems
from watchkeeper.config_property import MAX_DEVICES, Property, check_devices
from watchkeeper.config_toml import MAX_FILE_BYTES

_MUST = ("site", "id", "kind")
_PLAIN = ("building", "zone", "model", "gateway", "power_feed")
_NAMES = ("name", "name_en", "name_zh_hans", "name_zh_hant")
_LIMIT = "limit_"
_ENCODINGS = ("utf-8-sig", "gb18030")
"""What spreadsheets write: UTF-8 with a mark, or the encoding of Chinese Windows."""


def read_spreadsheet(path: Path, kinds: Mapping[str, Kind], problems: Problems) -> Property:
    """The file's devices. What is wrong is noted."""
    lines = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    placed: list[tuple[str, Device]] = []
    try:
        if not _check_columns(lines.fieldnames or [], problems):
            return Property(sites=(), devices=())
        for row in lines:
            device = _device(row, f"line {lines.line_num}", problems)
            if device is not None:
                placed.append((f"line {lines.line_num}", device))
            if len(placed) > MAX_DEVICES:
                problems.add(f"line {lines.line_num}", f"more than {MAX_DEVICES} devices", "Split the file.")
                break
    except csv.Error as error:
        problems.add(f"line {lines.reader.line_num}", f"it is not CSV: {error}", "Save the sheet as CSV (UTF-8).")
    check_devices(placed, None, kinds, problems)
    return Property(sites=(), devices=tuple(device for _, device in placed))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(
                file=path.name, place="file", problem=f"it is larger than {MAX_FILE_BYTES} bytes", remedy="Split it."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            file=path.name, place="file", problem=f"it cannot be read: {error.strerror}", remedy="Check its name."
        ) from error
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(file=path.name, place="file", problem="it is not text", remedy="Save the sheet as CSV (UTF-8).")


def _check_columns(columns: Iterable[str], problems: Problems) -> bool:
    names = list(columns)
    known = (*_MUST, *_PLAIN, *_NAMES, "interval", "tags")
    before = len(problems)
    for name in _MUST:
        if name not in names:
            problems.add("line 1", f"the column {name!r} is missing", f"Add it. Columns: {', '.join(known)}, limit_...")
    for name in names:
        if name not in known and not name.startswith(_LIMIT):
            problems.unknown("line 1", "column", name, known)
        elif names.count(name) > 1:
            problems.add("line 1", f"the column {name!r} is there twice", "Remove one of the two.")
    return len(problems) == before


def _device(row: Mapping[str | None, str | None], place: str, problems: Problems) -> Device | None:
    if None in row or None in row.values():
        problems.add(place, "it has more or fewer cells than the first line", "Give every line the same cells.")
        return None
    cells = {str(name): str(cell).strip() for name, cell in row.items()}
    missing = [name for name in _MUST if not cells[name]]
    for name in missing:
        problems.add(f"{place}.{name}", "it is empty", "Every device needs its site, id and kind.")
    limits = {
        name.removeprefix(_LIMIT): _number(cell, f"{place}.{name}", problems)
        for name, cell in cells.items()
        if name.startswith(_LIMIT) and cell
    }
    interval = _interval(cells.get("interval", ""), place, problems)
    if missing:
        return None
    return Device(
        site=cells["site"],
        id=cells["id"],
        kind=cells["kind"],
        name=_name(cells),
        interval=interval,
        limits={name: level for name, level in limits.items() if level is not None},
        tags=frozenset(cells.get("tags", "").split()),
        building=cells.get("building") or None,
        zone=cells.get("zone") or None,
        model=cells.get("model") or None,
        gateway=cells.get("gateway") or None,
        power_feed=cells.get("power_feed") or None,
    )


def _name(cells: Mapping[str, str]) -> Text | None:
    plain = cells.get("name", "")
    words = [cells.get(column, "") or plain for column in _NAMES[1:]]
    spoken = next((word for word in words if word), None)
    return None if spoken is None else Text(*(word or spoken for word in words))


def _number(cell: str, place: str, problems: Problems) -> float | None:
    try:
        return float(cell)
    except ValueError:
        problems.add(place, f"{cell!r} is not a number", "Write a number with a point, like 1.75.")
        return None


def _interval(cell: str, place: str, problems: Problems) -> timedelta | None:
    if not cell:
        return None
    try:
        return parse_span(cell)
    except (ValueError, OverflowError):
        problems.add(f"{place}.interval", f"{cell!r} is not a span", 'Write it like "90s", "30m" or "2h".')
        return None
