"""Property files and spreadsheets: read whole, or refused with the place of every mistake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.registry import kinds
from domain.errors import ConfigError
from domain.routes import Hours
from tests.config.files import mistakes
from watchkeeper.config_files import Property, load_property
from watchkeeper.config_property import expand_ids

T3 = 'en = "a", zh-Hans = "b", zh-Hant = "c"'
SITE = f'[site]\nid = "s"\nname = {{ {T3} }}\n'
BUILDING = f'[[building]]\nid = "T1"\nname = {{ {T3} }}\nzones = [{{ id = "z1", name = {{ {T3} }} }}]\n'
GATEWAY = '[[device]]\nkind = "gateway"\nids = ["GW-1"]\n'
CHECKPOINTS = '[[device]]\nkind = "checkpoint"\nids = ["CP-1..CP-3"]\n'


def device(**changes: str) -> str:
    lines = {"kind": '"elevator"', "ids": '["E-1"]', "building": '"T1"', **changes}
    return "[[device]]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items()) + "\n"


def route(**changes: str) -> str:
    lines = {"id": '"R"', "name": f"{{ {T3} }}", "checkpoints": '["CP-1..CP-3"]', **changes}
    return "[[route]]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items()) + "\n"


def load(tmp_path: Path, content: str, name: str = "site.toml") -> Property:
    (tmp_path / name).write_text(content, encoding="utf-8")
    return load_property(tmp_path / name, kinds())


def test_one_table_makes_many_devices(tmp_path: Path) -> None:
    name = '{ en = "Lift {n} ({id}), {zone}", zh-Hans = "{id}", zh-Hant = "{id}" }'
    group = device(
        ids='["E-08..E-11", "X"]',
        name=name,
        zones='["z1"]',
        gateway='"GW-1"',
        limits="{ rated_speed_mps = 1.75 }",
        interval='"5s"',
        tags='["old"]',
    )
    content = load(tmp_path, SITE + BUILDING + GATEWAY + group)
    lifts = [one for one in content.devices if one.kind == "elevator"]
    assert [one.id for one in lifts] == ["E-08", "E-09", "E-10", "E-11", "X"]
    assert lifts[3].name is not None
    assert lifts[3].name.en == "Lift 4 (E-11), a"
    assert (lifts[4].zone, lifts[4].interval, lifts[4].tags) == ("z1", timedelta(seconds=5), frozenset({"old"}))
    assert (content.sites[0].id, content.sites[0].time_zone) == ("s", "Asia/Shanghai")


def test_routes_are_kept_with_their_checkpoints_written_out(tmp_path: Path) -> None:
    content = load(tmp_path, SITE + CHECKPOINTS + route(every='"2h"', ordered="true", active='{ from = "22:00" }'))
    [found] = content.routes
    assert (found.site, found.checkpoints) == ("s", ("CP-1", "CP-2", "CP-3"))
    assert (found.every, found.active) == (timedelta(hours=2), Hours("22:00", "00:00"))


BAND = '[{ from = "22:00", to = "06:00", times = 6 }]'

CASES = [
    (device(), "site", "lacks the key", "Add"),
    (SITE.replace('"s"', '"a b"'), "site.id", "cannot be", "MQTT"),
    (SITE + 'time_zone = "Asia/Shanghi"', "site.time_zone", "unknown time zone", "IANA"),
    (SITE + BUILDING + BUILDING, "building[1].id", "two buildings", "another id"),
    (SITE + BUILDING + device(building='"T2"'), "device[0].building", "unknown building", "Use one of: T1"),
    (SITE + BUILDING + device(zone='"z2"'), "device[0].zone", "unknown zone", "Use one of: z1"),
    (SITE + BUILDING + device(zone='"z1"', zones='["z1"]'), "device[0].zones", "and zones", "one of the two"),
    (SITE + BUILDING + device(kind='"elevatr"'), "device[0].kind", "unknown kind", "'elevator'"),
    (SITE + BUILDING + device(ids='["E 1"]'), "device[0].ids", "cannot be", "MQTT"),
    (SITE + BUILDING + device(ids='["E-3..E-1"]'), "device[0].ids", "upwards", "range"),
    (SITE + BUILDING + device(ids='["E-1..F-3"]'), "device[0].ids", "not a range", "range"),
    (SITE + BUILDING + device(ids='["E-1..E-999999999"]'), "device[0].ids", "upwards", "range"),
    (SITE + BUILDING + device(ids="[]"), "device[0].ids", "empty", "at least"),
    (SITE + BUILDING + device(ids='["E-1", "E-1"]'), "device[0].ids", "two devices", "another id"),
    (SITE + BUILDING + device() + device(), "device[1].ids", "two devices", "another id"),
    (SITE + BUILDING + device(gateway='"GW-1"'), "device[0].gateway", "unknown gateway", "Remove"),
    (SITE + BUILDING + device(power_feed='"E-1"'), "device[0].power_feed", "unknown power feed", "Remove"),
    (SITE + BUILDING + device(limits="{ speed = 3 }"), "device[0].limits.speed", "unknown limit", "rated_speed_mps"),
    (
        SITE + BUILDING + device(limits='{ rated_speed_mps = "3" }'),
        "device[0].limits[...]",
        "expected `float`",
        "number",
    ),
    (
        SITE + BUILDING + device(limits="{ rated_speed_mps = nan }"),
        "device[0].limits.rated_speed_mps",
        "number",
        "number",
    ),
    (SITE + BUILDING + device(interval='"0s"'), "device[0].interval", "no time", "longer"),
    (SITE + BUILDING + device(colour='"red"'), "device[0].colour", "unknown key", "Use one of"),
    (SITE + "[[devices]]", "devices", "unknown table", "'device'"),
    (SITE + CHECKPOINTS + route(checkpoints='["CP-9"]'), "route[0].checkpoints", "unknown checkpoint", "'CP-"),
    (SITE + CHECKPOINTS + route(checkpoints="[]"), "route[0].checkpoints", "empty", "at least"),
    (SITE + CHECKPOINTS + route() + route(), "route[1].id", "two routes", "another id"),
    (SITE + CHECKPOINTS + route(every='"0s"'), "route[0].every", "no time", "longer"),
    (SITE + CHECKPOINTS + route(within='"0s"'), "route[0].within", "no time", "longer"),
    (SITE + CHECKPOINTS + route(kind='"scurity"'), "route[0].kind", "unknown word", "'security'"),
    (SITE + CHECKPOINTS + route(id='"a b"'), "route[0].id", "cannot be", "letters"),
    (SITE + CHECKPOINTS + route(checkpoints='["CP-1", "CP-1"]'), "route[0].checkpoints", "twice", "once"),
    (SITE + CHECKPOINTS + route(every='"30m"', grace='"15m"'), "route[0].grace", "30m", "Shorten"),
    (SITE + CHECKPOINTS + route(every='"2h"', bands=BAND), "route[0].bands", "every and bands", "one of the two"),
    (
        SITE + CHECKPOINTS + route(bands=BAND.replace("6 }", '6 }, { from = "05:00", to = "07:00", times = 1 }')),
        "route[0].bands[1]",
        "overlaps",
        "begin where",
    ),
    (SITE + CHECKPOINTS + route(bands=BAND.replace("22:00", "25:00")), "route[0].bands[0].from", "not a time", "22:30"),
    (
        SITE + CHECKPOINTS + route(items=f'[{{ checkpoint = "CP-9", id = "x", label = {{ {T3} }} }}]'),
        "route[0].items[0].checkpoint",
        "does not pass",
        "'CP-",
    ),
]


@pytest.mark.parametrize(("content", "place", "problem", "remedy"), CASES, ids=[case[1] for case in CASES])
def test_a_mistake_in_a_property_is_told_with_place_and_remedy(
    tmp_path: Path, content: str, place: str, problem: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, content)
    matching = [error for error in mistakes(refused.value) if error.place == place]
    assert matching, [str(error) for error in mistakes(refused.value)]
    assert problem in matching[0].problem
    assert remedy in matching[0].remedy


@given(head=st.sampled_from(["", "E-", "SD_2-"]), first=st.integers(0, 300), count=st.integers(1, 50))
def test_a_range_is_its_ids_written_out(head: str, first: int, count: int) -> None:
    ids = list(expand_ids([f"{head}{first:03d}..{head}{first + count - 1:03d}"]))
    assert ids == [f"{head}{number:03d}" for number in range(first, first + count)]


# --- spreadsheets ---

HEADER = "site,id,kind,name,name_zh_hans,building,zone,gateway,interval,tags,limit_rated_speed_mps\r\n"


def test_a_spreadsheet_of_devices_is_read_line_by_line(tmp_path: Path) -> None:
    lines = 's,E-1,elevator,"Lift, old",一号梯,T1,z1,GW-1,10s,old north,1.75\r\ns,L-1,lighting,,,,,,,,\r\n'
    content = load(tmp_path, HEADER + lines, "devices.csv")
    lift, light = content.devices
    assert content.sites == ()
    assert lift.name is not None
    assert (lift.name.en, lift.name.zh_hans, lift.name.zh_hant) == ("Lift, old", "一号梯", "Lift, old")
    assert (lift.building, lift.interval, lift.limits) == ("T1", timedelta(seconds=10), {"rated_speed_mps": 1.75})
    assert lift.tags == frozenset({"old", "north"})
    assert (light.name, light.building, light.limits) == (None, None, {})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_spreadsheet_may_be_written_as_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "d.CSV").write_text("site,id,kind,name\ns,E-1,elevator,一号梯\n", encoding=encoding)
    name = load_property(tmp_path / "d.CSV", kinds()).devices[0].name
    assert name is not None
    assert name.zh_hans == "一号梯"


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        ("site,id\ns,E-1\n", "line 1", "'kind' is missing"),
        ("site,id,kind,colour\n", "line 1", "unknown column"),
        ("site,id,kind,kind\n", "line 1", "twice"),
        ("", "line 1", "missing"),
        ("site,id,kind\ns,E-1\n", "line 2", "cells"),
        ("site,id,kind\ns,E-1,elevator,more\n", "line 2", "cells"),
        ("site,id,kind\ns,,elevator\n", "line 2.id", "empty"),
        ("site,id,kind\ns,E-1,elevatr\n", "line 2.kind", "unknown kind"),
        ("site,id,kind\ns,E-1,elevator\ns,E-1,elevator\n", "line 3.ids", "two devices"),
        ("site,id,kind,interval\ns,E-1,elevator,often\n", "line 2.interval", "not a span"),
        ("site,id,kind,limit_rated_speed_mps\ns,E-1,elevator,fast\n", "line 2.limit_rated_speed_mps", "not a number"),
        ("site,id,kind,limit_rated_speed_mps\ns,E-1,elevator,inf\n", "line 2.limits.rated_speed_mps", "not a number"),
        ("site,id,kind,limit_speed\ns,E-1,elevator,1\n", "line 2.limits.speed", "unknown limit"),
        ('site,id,kind\ns,"E-1,elevator\n', "line 2", "not CSV"),
    ],
)
def test_a_mistake_in_a_spreadsheet_is_told_with_its_line(
    tmp_path: Path, content: str, place: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, content, "devices.csv")
    told = [error for error in mistakes(refused.value) if error.place == place and problem in error.problem]
    assert told, [str(error) for error in mistakes(refused.value)]


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    for name in ("nowhere.toml", "nowhere.csv"):
        with pytest.raises(ConfigError, match=f"{name}.*cannot be read"):
            load_property(tmp_path / name, kinds())
