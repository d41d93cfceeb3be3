"""From TOML to domain values, strictly.

Promises: an unknown key, a wrong type, a wrong word or a bad span becomes a problem with its place
(`rule[2].when.metric`, counted from 0) and a remedy; spans are written "90s". Only whole, right values come out.
Leaves to others: what the values mean together (`config_rules`, `config_orders`, `config_property`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from domain.errors import ConfigError
from domain.instants import parse_span
from watchkeeper.config_errors import Problems, instead

T = TypeVar("T")

MAX_FILE_BYTES = 8 * 1024 * 1024
"""A larger one is no config: ten thousand devices written out take about a third of it."""

_WRONG_TYPE = re.compile(r"Expected `(?P<expected>[^`]+)`.*?(?: - at `\$(?P<path>[^`]*)`)?$")
_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_TAGS = {"is": "condition", "do": "step"}
"""What the values of a tag are called."""
_HOW_TO_WRITE = {
    "str": 'Write text in quotes, like "text".',
    "bool": "Write true or false, without quotes.",
    "int": "Write a whole number without quotes.",
    "float": "Write a number without quotes.",
    "array": "Write a list in [ ].",
    "object": "Write a table: { key = value }.",
}


def read_toml(path: Path) -> dict[str, Any]:
    """The file's tables. Raises ConfigError when it is missing, too large, not UTF-8 or not TOML."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _unreadable(path, f"it is larger than {MAX_FILE_BYTES} bytes", "Split it.")
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise _unreadable(path, f"it cannot be read: {error.strerror}", "Copy it from the shipped config.") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line \d+, column \d+|at end of document", str(error))
        where = place[0].removeprefix("at ") if place else "file"
        raise ConfigError(
            file=path.name, place=where, problem=f"it is not TOML: {error}", remedy="Correct the line."
        ) from error


def tables(raw: Mapping[str, Any], known: tuple[str, ...], problems: Problems) -> None:
    """Note every key of the file itself that is none of `known`."""
    for key in raw:
        if key not in known:
            problems.unknown(key, "table", key, known)


def each_table(raw: Mapping[str, Any], name: str, problems: Problems) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables written `[[name]]`, each with its place."""
    found = raw.get(name, [])
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        problems.add(name, "it is not a list of tables", f"Write it as [[{name}]].")
        return
    for number, table in enumerate(found):
        yield f"{name}[{number}]", table


def convert(raw: Any, type: type[T], place: str, problems: Problems) -> T | None:
    """The value as `type`; None, with the problems noted, when it is not."""
    before = len(problems)
    prepared = _prepare(raw, inspect.type_info(type), place, problems)
    if len(problems) > before:
        return None
    try:
        return msgspec.convert(prepared, type)
    except msgspec.ValidationError as error:
        _note_wrong_type(str(error), place, problems)
        return None


def each_of(raw: Mapping[str, Any], name: str, type: type[T], problems: Problems) -> Iterator[tuple[str, T]]:
    """The tables written `[[name]]` as `type`, each with its place. Those that are not are noted and left out."""
    for place, table in each_table(raw, name, problems):
        value = convert(table, type, place, problems)
        if value is not None:
            yield place, value


def _unreadable(path: Path, problem: str, remedy: str) -> ConfigError:
    return ConfigError(file=path.name, place="file", problem=problem, remedy=remedy)


def _note_wrong_type(message: str, place: str, problems: Problems) -> None:
    path = _PATH.search(message)
    problem = _PATH.sub("", message)
    expected = _WRONG_TYPE.match(message)
    kinds = expected["expected"].split(" | ") if expected else []
    remedy = next((_HOW_TO_WRITE[kind] for kind in kinds if kind in _HOW_TO_WRITE), "Correct the value.")
    problems.add(place + (path["path"] if path else ""), problem[:1].lower() + problem[1:], remedy)


def _prepare(value: Any, info: inspect.Type, place: str, problems: Problems) -> Any:
    """The value with its spans read. Only what msgspec cannot say well is checked here: keys, words, spans."""
    prepared = value
    match info:
        case inspect.TimeDeltaType():
            prepared = _span(value, place, problems)
        case inspect.UnionType(types=types):
            prepared = _prepare_union(value, types, place, problems)
        case inspect.StructType() if isinstance(value, dict):
            prepared = _prepare_struct(value, info, place, problems)
        case inspect.VarTupleType() | inspect.FrozenSetType() if isinstance(value, list):
            items = enumerate(value)
            prepared = [_prepare(one, info.item_type, f"{place}[{number}]", problems) for number, one in items]
        case inspect.DictType(value_type=item) if isinstance(value, dict):
            prepared = {key: _prepare(one, item, f"{place}.{key}", problems) for key, one in value.items()}
        case inspect.EnumType(cls=words) if isinstance(value, str):
            known = [str(word.value) for word in words]
            if value not in known:
                problems.unknown(place, "word", value, known)
        case _:
            pass
    return prepared


def _prepare_union(value: Any, types: tuple[inspect.Type, ...], place: str, problems: Problems) -> Any:
    if isinstance(value, dict):
        structs = [one for one in types if isinstance(one, inspect.StructType)]
        if len(structs) == 1:
            return _prepare(value, structs[0], place, problems)
        if structs:
            return _prepare_tagged(value, structs, place, problems)
    for one in types:
        if isinstance(one, inspect.TimeDeltaType | inspect.EnumType) and isinstance(value, str):
            return _prepare(value, one, place, problems)
        if isinstance(value, list) and isinstance(one, inspect.VarTupleType | inspect.FrozenSetType):
            return _prepare(value, one, place, problems)
    return value


def _prepare_tagged(value: dict[str, Any], structs: list[inspect.StructType], place: str, problems: Problems) -> Any:
    field = str(structs[0].tag_field)
    by_tag = {str(struct.tag): struct for struct in structs}
    tag = value.get(field)
    if tag is None:
        problems.add(place, f"it lacks the key {field!r}", f"Use one of: {', '.join(sorted(by_tag))}.")
    elif tag not in by_tag:
        problems.unknown(f"{place}.{field}", _TAGS.get(field, field), str(tag), by_tag)
    else:
        return _prepare_struct(value, by_tag[tag], place, problems)
    return value


def _prepare_struct(value: dict[str, Any], info: inspect.StructType, place: str, problems: Problems) -> Any:
    fields = {field.encode_name: field for field in info.fields}
    prepared = dict(value)
    for key, one in value.items():
        if key == info.tag_field:
            continue
        if key not in fields:
            problems.add(f"{place}.{key}", f"unknown key {key!r}", instead(key, fields))
            continue
        prepared[key] = _prepare(one, fields[key].type, f"{place}.{key}", problems)
    for name, field in fields.items():
        if field.required and name not in value:
            problems.add(place, f"it lacks the key {name!r}", f"Add {name} = ...")
    return prepared


def _span(value: Any, place: str, problems: Problems) -> Any:
    try:
        return parse_span(value)
    except (ValueError, TypeError, OverflowError):
        problems.add(place, f"{value!r} is not a span", 'Write it like "90s", "30m", "2h", "15d" or "1h30m".')
        return value
