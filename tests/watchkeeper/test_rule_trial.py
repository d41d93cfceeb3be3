"""Rules tried on history: the alarms that they would have raised, the same as live, from both kinds of reader."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.clock import ManualClock
from adapters.history.duckdb import DuckDBHistory
from adapters.ledger import SqlLedger
from devices.registry import kinds
from domain.assets import Building, Device, Site
from domain.errors import Invalid, NotFound
from domain.instants import to_ms
from domain.overrides import Override
from domain.ports.history import Stored
from domain.readings import Channel, Reading, Value
from domain.rules import Equals, Rule, Severity
from domain.texts import text
from tests.alerting.room import START, Room, rule
from tests.api.property import Property, new_ledger
from tests.api.serving import served
from tests.services import REPOSITORY, free_port
from watchkeeper.cli import app
from watchkeeper.composition import import_into_registry, open_history
from watchkeeper.config_files import load_config
from watchkeeper.history_reader import Readings, reading_history
from watchkeeper.rule_trial import Registry, Trial, Tried, Where, rule_of, with_settings
from watchkeeper.settings import load_settings

CONFIG = REPOSITORY / "config"
RULES = load_config(CONFIG, kinds()).rules
SITE = Site(id="main", name=text("Main", "主园", "主園"), buildings=(Building(id="T1", name=text("T", "楼", "樓")),))
LIFTS = [Device(site="main", id=name, kind="elevator", building="T1") for name in ("E-01", "E-02")]
SMOKE = Device(site="main", id="S-01", kind="smoke_detector", building="T1")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def said(seconds: float, channel: Channel = Channel.TELEMETRY, bad: tuple[str, ...] = (), **values: Value) -> Stored:
    return Stored(at(seconds), channel, values, bad)


class Kept:
    """Readings by device, as a history gives them back."""

    def __init__(self, **by_device: Sequence[Stored]) -> None:
        self._by_device = {name.replace("_", "-"): stored for name, stored in by_device.items()}

    def readings(self, site: str, device: str, start: datetime, end: datetime) -> Iterator[Stored]:
        yield from (one for one in self._by_device.get(device, ()) if start <= one.at < end)


def try_(
    tried: Rule,
    read: Readings,
    *,
    start: float = 0,
    end: float,
    devices: Sequence[Device] = (*LIFTS, SMOKE),
    overrides: Sequence[Override] = (),
    limits: dict[str, float] | None = None,
    **named: str,
) -> Tried:
    trial = Trial(tried, RULES, kinds(), Registry([SITE], devices, overrides), limits or {})
    told: list[float] = []
    result = trial.run(Where(**named), at(start), at(end), read=read, progress=lambda _, done: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    return result


def spans(tried: Tried) -> list[tuple[str, float, float | None]]:
    """(subject, raised, returned) in seconds after the start."""
    return [
        (one.subject.id, (one.raised_at - START).total_seconds(),
         None if one.returned_at is None else (one.returned_at - START).total_seconds())
        for one in tried.alarms
    ]  # fmt: skip


def test_holds_levels_and_what_still_lasts_are_told_with_the_values_that_decided() -> None:
    hot = rule_of(RULES, "elevator.overheat")
    rooms = {0: 41.0, 59: 37.0, 100: 42.0, 400: 39.0, 500: 30.0}
    read = Kept(
        E_01=[said(second, machine_room_c=warm, motor_temp_c=20.0) for second, warm in rooms.items()],
        E_02=[said(10, machine_room_c=50.0)],
    )
    tried = try_(hot, read, end=1000)
    assert spans(tried) == [("E-02", 70, None), ("E-01", 160, 500)]
    assert tried.alarms[1].observed == {"machine_room_c": 42.0}
    assert tried.alarms[0].lasted(tried.span) == timedelta(seconds=930)
    assert (tried.devices, tried.readings) == (2, 6)


def test_what_was_said_before_the_span_counts_and_what_was_over_by_then_does_not() -> None:
    held = rule_of(RULES, "elevator.door_held")
    read = Kept(
        E_01=[said(-170, door="open", mode="normal"), said(50, door="closed")],
        E_02=[said(-190, door="open", mode="normal"), said(-5, door="closed")],
    )
    assert spans(try_(held, read, end=100)) == [("E-01", 10, 50)]


def test_silence_and_missing_test_calls_need_nobody_to_report() -> None:
    silent, test_call = rule_of(RULES, "elevator.silent"), rule_of(RULES, "elevator.test_call")
    read = Kept(E_01=[said(minute * 60, floor=1) for minute in range(-10, 5) if minute not in (0, 1, 2, 3)])
    assert spans(try_(silent, read, end=300, device="E-01")) == [("E-01", 120, 240)]
    hours = [said(hour * 3600, floor=1) for hour in range(0, 100)]
    called = [said(3600 * 3, Channel.EVENT, test_call=True)]
    every = Kept(E_01=sorted([*hours, *called], key=lambda one: one.at))
    assert spans(try_(test_call, every, end=99 * 3600, device="E-01")) == [("E-01", 75 * 3600, None)]


def test_a_rule_over_a_building_sees_its_members_and_the_fires_that_excuse_it() -> None:
    none = rule_of(RULES, "elevator.no_service")
    out = [said(minute * 60, mode="out_of_service", power=True) for minute in range(0, 30)]
    runs_again = [*out[:20], *(said(minute * 60, mode="normal", power=True) for minute in range(20, 30))]
    tried = try_(none, Kept(E_01=out, E_02=runs_again), end=1800)
    ((subject, raised, returned),) = spans(tried)
    assert subject == "T1"
    assert 120 <= raised <= 122
    assert returned is not None
    assert 1200 <= returned <= 1202
    assert tried.alarms[0].observed == {"devices": ["E-01", "E-02"]}
    fire = [said(-10, alarm=True)]
    assert spans(try_(none, Kept(E_01=out, E_02=runs_again, S_01=fire), start=-60, end=1800)) == []


def test_a_trial_finds_what_was_raised_live(tmp_path: Path) -> None:
    """The same hour through the room that runs, and through the trial: alarm by alarm, to the millisecond."""
    watched = [rule_of(RULES, f"elevator.{name}") for name in ("entrapment_call", "entrapment_suspected", "door_held")]
    watched.append(rule_of(RULES, "elevator.overheat"))
    watched.append(rule("fault", Equals(metric="fault_code", value="7"), off_delay=timedelta(seconds=30)))
    ledger = new_ledger(tmp_path)
    room = Room(ledger, watched, devices=LIFTS[:1], site=SITE)
    room.catch_up()
    script: list[tuple[float, Channel, dict[str, Value]]] = [
        (10, Channel.TELEMETRY, {"door": "open", "door_zone": True, "mode": "normal", "passenger": True}),
        (100, Channel.TELEMETRY, {"fault_code": "7", "machine_room_c": 45.0, "speed_mps": 0.0}),
        (205, Channel.TELEMETRY, {"door": "closed", "door_zone": False}),
        (206, Channel.EVENT, {"alarm_button": True}),
        (220, Channel.TELEMETRY, {"fault_code": "0"}),
        (240, Channel.TELEMETRY, {"fault_code": "7", "machine_room_c": 20.0}),
        (300, Channel.TELEMETRY, {"fault_code": "0", "passenger": False}),
        (340, Channel.EVENT, {"alarm_button": True}),
    ]
    stored, begin = [], room.at
    for seconds, channel, values in script:
        room.pass_(seconds - (room.at - begin).total_seconds())
        room.hear(device="E-01", channel=channel.value, **values)
        stored.append(Stored(room.at, channel, values))
    room.pass_(120)
    live = sorted((alarm.rule, alarm.raised_at, alarm.occurrences) for alarm in room.alarms())
    assert len(live) == 5
    tried = []
    for one in watched:
        trial = Trial(one, watched, kinds(), Registry([SITE], LIFTS[:1]), {})
        result = trial.run(Where(), begin, room.at, read=Kept(E_01=stored), progress=lambda *_: None)
        tried += [(alarm.rule, alarm.raised_at, alarm.occurrences) for alarm in result.alarms]
    # the live desk keeps one alarm a rule until it is acknowledged: later raises are occurrences of it
    assert {(name, first) for name, first, _ in live} == {
        (name, min(at for other, at, _ in tried if other == name)) for name, _, _ in tried
    }
    assert sum(count for _, _, count in tried) == sum(count for _, _, count in live)
    ledger.close()


def test_settings_change_the_rule_or_the_limits_of_its_devices() -> None:
    hot = rule_of(RULES, "elevator.overheat")
    changed, limits = with_settings(hot, kinds()["elevator"], ["machine_room_c=35", "on_delay=2m"])
    assert (changed.on_delay, limits) == (timedelta(minutes=2), {})
    read = Kept(E_01=[said(0, machine_room_c=36.0)])
    assert spans(try_(changed, read, end=300, device="E-01")) == [("E-01", 120, None)]
    low = rule_of(RULES, "extinguisher.low")
    _, limits = with_settings(low, kinds()["extinguisher"], ["low_pressure_mpa=0.8"])
    assert limits == {"low_pressure_mpa": 0.8}
    for wrong, told in (
        ("machine_room=35", "machine_room_c"),
        ("on_delay=soon", "not a span"),
        ("machine_room_c=warm", "not a number"),
        ("severity=high", "Use one of"),
        ("on_delay", "NAME=VALUE"),
    ):
        with pytest.raises(Invalid, match=told):
            with_settings(hot, kinds()["elevator"], [wrong])


def test_overrides_count_but_for_what_the_trial_sets_itself() -> None:
    hot = rule_of(RULES, "elevator.overheat")
    read = Kept(E_01=[said(0, motor_temp_c=77.0, machine_room_c=20.0)])
    lower = Override(
        id="main-V1",
        site="main",
        kind="elevator",
        devices=frozenset({"E-01"}),
        limit="motor_limit_c",
        level=75.0,
        reason="r",
        by="chen",
        at=START,
    )
    graver = Override(
        id="main-V2",
        site="main",
        kind="elevator",
        rule="overheat",
        severity=Severity.URGENT,
        reason="r",
        by="c",
        at=START,
    )
    assert spans(try_(hot, read, end=100)) == []
    (alarm,) = try_(hot, read, end=100, overrides=[lower, graver]).alarms
    assert (alarm.subject.id, alarm.severity) == ("E-01", Severity.URGENT)
    assert [one["id"] for one in alarm.why["overrides"]] == ["main-V1", "main-V2"]
    assert spans(try_(hot, read, end=100, overrides=[lower], limits={"motor_limit_c": 79.0})) == []
    general, _ = with_settings(hot, kinds()["elevator"], ["severity=general"])
    (alarm,) = try_(general, read, end=100, overrides=[lower, graver]).alarms
    assert alarm.severity is Severity.GENERAL


def test_what_cannot_be_tried_is_refused_with_its_reason() -> None:
    with pytest.raises(NotFound, match=r"elevator\.door_held"):
        rule_of(RULES, "elevator.door_hold")
    hot, none = rule_of(RULES, "elevator.overheat"), rule_of(RULES, "elevator.no_service")
    with pytest.raises(NotFound, match="device E-99"):
        try_(hot, Kept(), end=10, device="E-99")
    with pytest.raises(Invalid, match="--building"):
        try_(none, Kept(), end=10, device="E-01")
    with pytest.raises(Invalid, match="after --from"):
        try_(hot, Kept(), end=-10)


def test_a_running_service_that_owns_the_history_is_asked_through_its_api(tmp_path: Path) -> None:
    history = DuckDBHistory(tmp_path / "history", kinds())
    ledger: SqlLedger = new_ledger(tmp_path)
    property_ = Property(ledger, ManualClock(START), history=history)
    property_.furnish()
    written = [said(second, floor=second % 9, door="closed") for second in range(1500)]
    written.insert(700, said(699.5, Channel.EVENT, alarm_button=True))
    written.append(said(1600, bad=("floor",), door="open"))
    history.write([_reading(one) for one in written])
    with served(property_.app()) as address:
        port = int(address.rsplit(":", 1)[1])
        settings = load_settings(data=tmp_path, ledger_url=f"sqlite:///{tmp_path}/ledger.db", http_port=port)
        with reading_history(settings) as read:
            assert list(read.readings("main", "E-01", at(0), at(2000))) == written
            assert list(read.readings("main", "E-99", at(0), at(2000))) == []
    with ledger.read() as rows:
        assert all(token.revoked_at is not None for token in rows.accounts.tokens())
    history.close()
    ledger.close()


def test_the_command_lists_sums_up_and_speaks_json(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path, http_port=free_port())
    import_into_registry(settings, CONFIG / "property" / "demo.toml")
    history = open_history(settings)
    rooms = (37.0, 39.0, 41.0)
    history.write(
        [
            _reading(said(minute * 60, machine_room_c=rooms[minute // 10 % 3], motor_temp_c=20.0), "demo", "E-03")
            for minute in range(60)
        ]
    )
    history.close()
    draft = tmp_path / "draft.toml"
    draft.write_text(
        '[[override]]\nrule = "elevator.overheat"\non_delay = "5m"\nreason = "a draft"\n', encoding="utf-8"
    )
    words = ["rules", "try", "elevator.overheat", "--from", "2026-03-01T08:00", "--to", "2026-03-01T09:00"]
    words += ["--data", str(tmp_path), "--http-port", str(settings.http_port), "--site", "demo"]
    told = CliRunner().invoke(app, [*words, "--device", "E-03"])
    assert told.exit_code == 0, told.output
    assert "elevator.overheat (important) on 1 devices, 60 readings" in told.output
    assert "demo/E-03  machine_room_c=41" in told.output
    assert "2 alarms on 1 of 1, 0:18:00 in all" in told.output
    answered = CliRunner().invoke(app, [*words, "--file", str(draft), "--set", "machine_room_c=38.5", "--json"])
    said_ = json.loads(answered.stdout)
    assert said_["rule"]["on_delay"] == "PT300S"
    assert said_["devices"] == 8
    assert [one["seconds"] for one in said_["alarms"]] == [900.0, 900.0]
    assert said_["summary"] == {"demo/E-03": {"alarms": 2, "seconds": 1800.0}}
    assert said_["alarms"][0]["why"]["leaves"][1]["observed"] == 39.0


def _reading(stored: Stored, site: str = "main", device: str = "E-01") -> Reading:
    at_ms = to_ms(stored.at)
    return Reading(site, "elevator", device, stored.channel, at_ms, at_ms, stored.values, sent_ms=at_ms, bad=stored.bad)
