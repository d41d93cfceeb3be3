"""Fleets, random faults and patrols, in simulated time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.decode import decode
from devices.registry import kinds
from domain.assets import Device
from domain.errors import Invalid, NotFound
from domain.instants import to_ms
from domain.readings import Message
from domain.rounds import Round, RoundState, Visit, judged, planned, visited
from domain.routes import Route, slot_at
from domain.texts import text
from simulators.control import parse_fault
from simulators.faults import RandomFaults
from simulators.fleet import Fleet, Sent
from simulators.patrols import FIRST_ROUND_AFTER, Patrols, Walk
from simulators.wire import payload_of, topic_of

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DEVICES = [
    Device(site="demo", id="E-01", kind="elevator", gateway="GW-1"),
    Device(site="demo", id="L-01", kind="lighting", gateway="GW-1"),
    Device(site="demo", id="GW-1", kind="gateway"),
]


def _hour(fleet: Fleet) -> list[Sent]:
    sent: list[Sent] = []
    at = START
    while fleet.next_at is not None and (at := fleet.next_at) < START + timedelta(hours=1):
        sent += fleet.step(at)
    return sent


def test_the_same_seed_gives_the_same_hour() -> None:
    first, again, other = (_hour(Fleet(DEVICES, kinds(), seed=seed, start=START)) for seed in (7, 7, 8))
    assert [(each.at, each.report) for each in first] == [(each.at, each.report) for each in again]
    assert [each.report for each in first] != [each.report for each in other]


def test_another_device_does_not_change_what_the_first_ones_do() -> None:
    more = [*DEVICES, Device(site="demo", id="E-99", kind="elevator")]
    without, beside = (_hour(Fleet(devices, kinds(), seed=7, start=START)) for devices in (DEVICES, more))
    assert [each.report for each in beside if each.device.id == "E-01"] == [
        each.report for each in without if each.device.id == "E-01"
    ]


def test_every_report_of_a_fleet_is_a_clean_message_of_the_contract() -> None:
    for sent in _hour(Fleet(DEVICES, kinds(), seed=7, start=START)):
        topic = topic_of(sent.device.site, sent.device.kind, sent.device.id, sent.report.channel)
        decoded = decode(Message(topic, payload_of(sent), to_ms(sent.at)), kinds())
        assert decoded.rejects == ()
        assert decoded.readings[0].at_ms == to_ms(sent.at)


def test_after_a_pause_a_fleet_goes_on_from_now() -> None:
    fleet = Fleet(DEVICES, kinds(), seed=7, start=START)
    fleet.step(START + timedelta(days=1))
    assert fleet.next_at is not None
    assert fleet.next_at >= START + timedelta(days=1)


def test_a_fault_that_a_kind_does_not_have_is_refused_with_those_it_has() -> None:
    fleet = Fleet(DEVICES, kinds(), seed=7, start=START)
    with pytest.raises(NotFound, match="overheat"):
        fleet.inject("nonsense", "E-01", START)
    with pytest.raises(NotFound, match="E-77"):
        fleet.repair("E-77", START)


def test_random_faults_begin_soon_are_mended_and_repeat_with_their_seed() -> None:
    def plan(seed: int) -> list[tuple[datetime, str, str | None]]:
        fleet = Fleet(DEVICES, kinds(), seed=seed, start=START)
        faults = RandomFaults(DEVICES, fleet.faults_of, seed=seed, start=START)
        acts = []
        while (at := faults.next_at) < START + timedelta(hours=12):
            acts += [(at, act.device, act.fault) for act in faults.due(at)]
        return acts

    acts = plan(3)
    assert acts == plan(3)
    assert acts[0][0] < START + timedelta(seconds=30)
    assert acts[0][2] == "fault"
    broken: set[str] = set()
    for _, device, fault in acts:
        if fault is None:
            broken.remove(device)
        else:
            assert device not in broken
            broken.add(device)
    assert len(acts) > 50


POINTS = tuple(Device(site="demo", id=f"CP-{number}", kind="checkpoint") for number in range(1, 5))
NIGHT = Route(
    site="demo",
    id="night",
    name=text("Night", "夜巡", "夜巡"),
    checkpoints=tuple(point.id for point in POINTS),
    every=timedelta(hours=2),
    grace=timedelta(minutes=20),
    random_start=timedelta(minutes=10),
    least_between=timedelta(seconds=40),
)


def _walked(start: datetime, hours: float, *, silent: str | None = None) -> list[Sent]:
    walk = Walk(NIGHT, "Asia/Shanghai", POINTS)
    patrols = Patrols([walk], seed=1, start=start, silent=lambda device: device == silent)
    visits: list[Sent] = []
    while patrols.next_at is not None and patrols.next_at < start + timedelta(hours=hours):
        visits += patrols.due(patrols.next_at)
    return visits


def test_a_patrol_walks_every_round_of_the_rota_whole_and_in_time() -> None:
    visits = _walked(START, 24)
    assert visits == _walked(START, 24)
    rounds: dict[datetime, Round] = {}
    for sent in visits:
        slot = slot_at(NIGHT, "Asia/Shanghai", sent.at)
        assert slot is not None
        before = rounds.get(slot.starts_at) or planned(NIGHT, slot)
        visit = Visit(checkpoint=sent.device.id, at=sent.at, received_at=sent.at, device=sent.device.id, guard="guard")
        after = visited(before, visit)
        assert after is not None
        rounds[slot.starts_at] = judged(after, sent.at)
    assert len(rounds) == 12
    assert {(one.state, one.findings) for one in rounds.values()} == {(RoundState.COMPLETED, ())}


@pytest.mark.parametrize("minutes", range(0, 120, 7))
def test_a_simulation_that_starts_in_the_middle_of_the_rota_begins_soon_or_waits_for_the_next_round(
    minutes: int,
) -> None:
    start = START + timedelta(minutes=minutes)
    first = _walked(start, 3)[0]
    slot = slot_at(NIGHT, "Asia/Shanghai", first.at)
    assert slot is not None
    assert first.at <= slot.begin_by
    soon = slot_at(NIGHT, "Asia/Shanghai", start + FIRST_ROUND_AFTER)
    if soon is not None and start + FIRST_ROUND_AFTER < soon.begin_by:
        assert first.at == start + FIRST_ROUND_AFTER


def test_a_silent_checkpoint_is_passed_without_a_tag() -> None:
    assert [sent.device.id for sent in _walked(START, 1, silent="CP-2")] == ["CP-1", "CP-3", "CP-4"]


def test_a_fleet_knows_what_its_devices_suffer() -> None:
    fleet = Fleet(DEVICES, kinds(), seed=7, start=START)
    fleet.inject("silent", "L-01", START)
    assert fleet.suffers("L-01", "silent")
    assert not fleet.suffers("E-01", "silent")
    fleet.repair("L-01", START)
    assert not fleet.suffers("L-01", "silent")


@pytest.mark.parametrize("told", ["entrapment", "entrapment:", ":E-03", ""])
def test_a_fault_on_command_names_what_and_where(told: str) -> None:
    with pytest.raises(Invalid):
        parse_fault(told)
