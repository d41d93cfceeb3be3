"""The audit of a rehearsal notices what it is there for: rows of a real ledger are broken, and it says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from alerting.desk import PlannedTest
from devices.registry import kinds
from domain.assets import Device, Site
from domain.events import EventType
from domain.instants import to_ms
from domain.people import Actor, ActorType
from domain.ports.ledger import AlarmFilter
from domain.readings import Message
from domain.texts import text
from simulators.scenario import CAST
from simulators.staff import called_in_a_play
from simulators.strolls import Strolls, patrolled
from tests.services import REPOSITORY
from watchkeeper.config_files import load_config
from watchkeeper.rehearsal.audit import Audit, Broken
from watchkeeper.rehearsal.ledgers import InAFile
from watchkeeper.rehearsal.stage import Setting, Stage

SITE = Site(id="main", name=text("Main", "主园", "主園"))
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
WU = Actor(ActorType.PERSON, "wu", CAST["wu"])
CHEN = Actor(ActorType.PERSON, "chen", CAST["chen"])
MINUTE = timedelta(minutes=1)


class Watched:
    """A stage with an elevator, a detector and a round, and the auditor of its ledger."""

    def __init__(self) -> None:
        known = dict(kinds())
        configuration = load_config(REPOSITORY / "config", known)
        plan = called_in_a_play(configuration.plan, CAST)
        routes, points = patrolled(SITE)
        hour = timedelta(hours=1)
        devices = (
            Device(site="main", id="E-1", kind="elevator", interval=hour),
            Device(site="main", id="SD-1", kind="smoke_detector", interval=hour),
        )
        setting = Setting(
            kinds=known,
            configuration=replace(configuration, plan=plan),
            sites=(SITE,),
            devices=(*devices, *points),
            routes=routes,
            begins=START,
            people=CAST,
            tick_every=MINUTE,
        )
        self._place = InAFile()
        self.stage = Stage(setting, self._place)
        self.strolls = Strolls(SITE, routes, seed="1", start=START + hour, end=START + 4 * hour)
        self.audit = Audit(self.stage.ledger, plan, post=self.stage.post, strolls=self.strolls.strolls)

    def says(self, device: str, kind: str, **values: bool | str) -> None:
        """A device reports an event."""
        payload = msgspec.json.encode({"ts": to_ms(self.stage.at), "values": values})
        self.stage.receive([Message(f"wk/v1/main/{kind}/{device}/event", payload, to_ms(self.stage.at))])

    def pass_(self, span: timedelta) -> None:
        self.stage.pass_until(self.stage.at + span)

    def walk(self) -> None:
        """Everybody walks as planned, until all rounds are over."""
        end = self.stage.at + timedelta(hours=6)
        while self.stage.at < end:
            self.pass_(10 * MINUTE)
            self.stage.receive([parcel.message(self.stage.at) for parcel in self.strolls.until(self.stage.at)])

    def look(self) -> None:
        """Everything that the audit can look at."""
        self.stage.tick()
        self.audit.follow()
        self.audit.inspect(self.stage.at, acting=True)
        self.audit.close(self.stage.at)

    def break_rows(self, statement: str) -> None:
        """Somebody edits the ledger behind our back."""
        with sqlite3.connect(self._place.file) as rows:
            assert rows.execute(statement).rowcount > 0, statement
        rows.close()

    def alarm(self, rule: str) -> str:
        with self.stage.ledger.read() as rows:
            return next(one.id for one in rows.alarms.page(AlarmFilter(), after=None, most=9).items if one.rule == rule)


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    with watched.stage:
        yield watched


def fire(watched: Watched) -> None:
    watched.says("SD-1", "smoke_detector", alarm=True)
    watched.pass_(5 * MINUTE)


def fault(watched: Watched) -> None:
    watched.says("E-1", "elevator", fault_code="71")
    watched.pass_(MINUTE)


def acknowledged_fault(watched: Watched) -> None:
    fault(watched)
    watched.stage.act(lambda desk, tx: desk.acknowledge(tx, watched.alarm("elevator.fault"), actor=WU), WU)


def acknowledged_fire(watched: Watched) -> None:
    fire(watched)
    watched.stage.act(lambda desk, tx: desk.acknowledge(tx, watched.alarm("smoke_detector.fire"), actor=WU), WU)


def shelved_fault(watched: Watched) -> None:
    fault(watched)
    until = watched.stage.at + timedelta(hours=1)
    alarm = watched.alarm("elevator.fault")
    watched.stage.act(lambda desk, tx: desk.shelve(tx, alarm, until=until, reason="r", actor=WU), WU)


def tested_fire(watched: Watched) -> None:
    until = watched.stage.at + timedelta(hours=1)
    wanted = PlannedTest(site="main", until=until, reason="r", second="chen", devices=frozenset({"SD-1"}))
    watched.stage.act(lambda desk, tx: desk.begin_test(tx, wanted, actor=WU), WU)
    fire(watched)


def walked(watched: Watched) -> None:
    watched.walk()


ALL = (fire, fault, acknowledged_fault, acknowledged_fire, shelved_fault, tested_fire, walked)


@pytest.mark.parametrize("happens", ALL, ids=lambda happens: happens.__name__)
def test_what_is_whole_passes(watched: Watched, happens: Callable[[Watched], None]) -> None:
    happens(watched)
    watched.look()
    assert watched.audit.counts


STOPPED = "UPDATE alarms SET body = json_set(body, '$.climb.stopped_at', '2026-03-02T01:00:00Z')"
GOES_ON = "UPDATE alarms SET body = json_set(body, '$.climb.stopped_at', null)"
CALLS_AGAIN = (
    "UPDATE alarms SET step_at = (SELECT min(made_at) FROM notices), body = json_set(body, "
    "'$.climb.steps[0].due_at', '2026-03-02T01:05:00Z', '$.climb.steps[0].times', 0)"
)


@pytest.mark.parametrize(
    ("happens", "statement", "noticed"),
    [
        (fault, "DELETE FROM alarms", "there is no such alarm"),
        (fault, "UPDATE alarms SET body = json_set(body, '$.state', 'acknowledged')", "is acknowledged but events say"),
        (fault, STOPPED, "waits and does not climb"),
        (
            fault,
            "UPDATE alarms SET body = json_set(body, '$.standing', 'suppressed')",
            "stands suppressed but events say",
        ),
        (acknowledged_fault, GOES_ON, "is acknowledged, and climbs"),
        (acknowledged_fire, STOPPED, "nobody arrived for main-A1 and nobody is called"),
        (fire, "DELETE FROM notices", "there is no notice"),
        (fire, "UPDATE alarms SET body = json_set(body, '$.standing', 'shelved')", "stands shelved but events say"),
        (shelved_fault, "DELETE FROM measures", "these run, or do not"),
        (tested_fire, "DELETE FROM measures", "these run, or do not"),
        (walked, "DELETE FROM rounds WHERE route = 'security'", "were promised and never came"),
        (walked, "UPDATE rounds SET starts_at = starts_at + 60000000 WHERE route = 'security'", "0 rounds of security"),
        (walked, "UPDATE rounds SET body = json_set(body, '$.missed', json('[\"CP-B\"]'))", "expected"),
    ],
)
def test_a_row_that_somebody_broke_is_noticed(
    watched: Watched, happens: Callable[[Watched], None], statement: str, noticed: str
) -> None:
    happens(watched)
    watched.break_rows(statement)
    with pytest.raises(Broken, match=noticed):
        watched.look()


def test_a_call_that_never_comes_is_noticed(watched: Watched) -> None:
    acknowledged_fire(watched)
    watched.break_rows("UPDATE alarms SET step_at = null")
    watched.pass_(10 * MINUTE)
    with pytest.raises(Broken, match="main-A1 was to call somebody at"):
        watched.look()


def test_a_step_that_is_taken_a_second_time_is_noticed(watched: Watched) -> None:
    fire(watched)
    watched.audit.follow()
    watched.break_rows(CALLS_AGAIN)
    watched.pass_(MINUTE)
    with pytest.raises(Broken, match=r"step 1 is called for time 1|it was due at"):
        watched.look()


def test_a_warning_that_is_given_a_second_time_is_noticed(watched: Watched) -> None:
    fault(watched)
    watched.pass_(100 * MINUTE)
    watched.audit.follow()
    assert watched.audit.counts[EventType.WORKORDER_WARNED] > 0
    watched.break_rows("UPDATE work_orders SET body = json_set(body, '$.clocks[0].warned_at', null)")
    watched.break_rows("UPDATE order_clocks SET next_at = warn_at WHERE name = 'respond'")
    watched.pass_(MINUTE)
    with pytest.raises(Broken, match="it was acted on before"):
        watched.look()


def test_a_notice_that_is_sent_again_though_it_was_recorded_is_noticed(watched: Watched) -> None:
    fire(watched)
    watched.audit.follow()
    assert watched.stage.post is not None
    watched.stage.post.taken.append(watched.stage.post.taken[0])
    watched.says("E-1", "elevator", fault_code="71")
    with pytest.raises(Broken, match="was sent twice, and nothing had happened"):
        watched.look()
