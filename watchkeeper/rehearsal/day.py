"""A day of chance: devices, people and troubles from one seed, audited after every step.

Promises: the same seed and length play the same day, so that one that breaks something can be played again. At its end
everything is put right, and then nothing may be left open that people cannot end. Leaves to others: what chance gives
(`simulators.chance`, `simulators.crew`, `simulators.troubles`), what must hold (`audit`), many seeds (`seeds`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from alerting.wrong_kind import QUIET
from domain.assets import Adoption, Site, SubjectType
from domain.events import EventType
from domain.kinds import Kind
from domain.rules import Rule, Silent
from simulators.chance import SITE, ChanceFleet, Parcel, chance_devices
from simulators.crew import PEOPLE, visits
from simulators.staff import called_in_a_play
from simulators.strolls import Strolls, patrolled
from simulators.troubles import Trouble, TroubleType, troubles
from watchkeeper.config_files import Configuration
from watchkeeper.rehearsal.audit import Audit, Broken
from watchkeeper.rehearsal.hands import Hands
from watchkeeper.rehearsal.ledgers import PLACES, LedgerType
from watchkeeper.rehearsal.stage import Setting, Stage

MIDNIGHTS = (
    ("Asia/Shanghai", datetime(2026, 3, 2)),  # noqa: DTZ001  (on the wall of the site)
    ("Europe/Berlin", datetime(2026, 3, 29)),  # noqa: DTZ001  (the clock is set forward)
    ("Europe/Berlin", datetime(2026, 10, 25)),  # noqa: DTZ001  (and back)
)
"""Where and when a day begins: seeds take them in turn."""

TELLING_FROM, TELLING_EVERY = 3, 8
"""Seeds with channels that leave: the third, and every eighth after it, for sending costs half as much again."""

STRIDE = timedelta(seconds=120)
"""The longest step; what arrives within one comes as one batch."""
TICK_EVERY = timedelta(minutes=5)
INSPECT_EVERY = timedelta(hours=1)
PEACE = QUIET + timedelta(minutes=15)
"""How long everything is sound at the end: every device reports several times, and what one once did is forgiven."""
ADOPTED_AFTER = 0.25
"""Strangers are adopted after this share of the time, and those that came since at the end."""
NOBODY_SENDS = frozenset({TroubleType.RECEIVER, TroubleType.DOWN, TroubleType.STOP, TroubleType.LEDGER})
"""While one of these lasts, notices wait."""
REMEMBERED = 400
"""Messages that the broker may send again."""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What is played. `every` is how often devices report; `troubles` which may come; `ledger` what keeps the rows."""

    days: float = 1.0
    devices: int = 50
    every: timedelta = timedelta(minutes=10)
    troubles: frozenset[TroubleType] = frozenset(TroubleType)
    ledger: LedgerType = LedgerType.MEMORY


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A day that went well. `told` is what rules told of each device, in order."""

    messages: int
    events: dict[EventType, int]
    told: dict[str, list[tuple[str, str]]]


class Day:
    """One seed. `run` once; raises Broken."""

    def __init__(self, seed: int, course: Course, kinds: dict[str, Kind], configuration: Configuration) -> None:
        self._course, self._seed = course, f"seed {seed}"
        site, self._start = _midnight(seed)
        self._end = self._start + timedelta(days=course.days)
        devices = chance_devices(kinds, course.devices, course.every, _rng(f"{seed}/devices"))
        routes, points = patrolled(site)
        self._stage = Stage(
            Setting(
                kinds=kinds,
                configuration=_played(configuration, telling=seed % TELLING_EVERY == TELLING_FROM),
                sites=(site,),
                devices=(*(device for device in devices if device.adoption is Adoption.REGISTERED), *points),
                routes=routes,
                begins=self._start,
                people=PEOPLE,
                tick_every=TICK_EVERY,
            ),
            PLACES[course.ledger](),
        )
        self._hands = Hands(self._stage, site, devices)
        self._fleet = ChanceFleet(devices, kinds, seed=str(seed), start=self._start, every=course.every)
        self._strolls = Strolls(site, routes, seed=str(seed), start=self._start, end=self._end)
        self._audit = Audit(
            self._stage.ledger,
            self._stage.setting.configuration.plan,
            post=self._stage.post,
            strolls=self._strolls.strolls,
        )
        self._visits = visits([device.id for device in devices], seed=str(seed), start=self._start)
        self._troubles = troubles(course.troubles, seed=str(seed), start=self._start)
        self._strides, self._rng = _rng(f"{seed}/strides"), _rng(f"{seed}/day")  # troubles change no stride
        self._waiting: list[Parcel] = []  # sent, and not judged yet
        self._delivered: list[Parcel] = []
        self._until: dict[TroubleType, datetime] = {}  # when what is wrong with us ends
        self._messages = 0

    def run(self) -> Outcome:
        """Play it."""
        with self._stage:
            try:
                self._play()
                self._settle_down()
            except Broken as broken:
                raise Broken(f"{self._seed}, {self._stage.at - self._start} after the start: {broken}") from None
            counts = dict(self._audit.counts)
        return Outcome(messages=self._messages, events=counts, told=self._audit.told)

    def _play(self) -> None:
        visit, trouble = next(self._visits), next(self._troubles, None)
        inspect_at, adopt_at = self._start + INSPECT_EVERY, self._start + (self._end - self._start) * ADOPTED_AFTER
        while self._stage.at < self._end:
            self._step(self._stage.at + STRIDE * self._strides.random())
            while trouble is not None and trouble.at <= self._stage.at:
                self._make(trouble)
                trouble = next(self._troubles, None)
            while visit.at <= self._stage.at:
                self._hands.visit(visit)
                visit = next(self._visits)
            if self._stage.at >= adopt_at:
                adopt_at = self._end + PEACE
                self._hands.adopt()
            if self._stage.at >= inspect_at:
                inspect_at += INSPECT_EVERY
                self._inspect()

    def _step(self, at: datetime) -> None:
        """Time passes, and what arrives meanwhile is judged."""
        self._stage.pass_until(at)
        self._mend(at)
        parcels = [*self._fleet.until(at), *self._strolls.until(at)]
        self._messages += len(parcels)
        self._waiting += parcels
        self._stage.receive([parcel.message(at) for parcel in parcels])
        self._audit.follow()
        if self._stage.kept:
            return
        for parcel in self._waiting:
            if parcel.danger is not None and not self._audit.raised_since(parcel.device, parcel.danger, parcel.since):
                raise Broken(f"{parcel.danger} of {parcel.device} was not raised: {parcel.payload!r}")
        self._delivered = [*self._delivered, *self._waiting][-REMEMBERED:]
        self._waiting.clear()

    # --- troubles ---

    def _make(self, trouble: Trouble) -> None:
        stage = self._stage
        if trouble.type is TroubleType.AGAIN:
            self._again()
            return
        if trouble.type is TroubleType.CRASH:
            if stage.running and not stage.away:
                stage.kill()
                stage.kept += [parcel.message(stage.at) for parcel in self._delivered[-self._rng.randrange(30) :]]
                stage.start()
            return
        if trouble.type in (TroubleType.RECEIVER, TroubleType.LETTER):
            self._trouble_letters(trouble)
            return
        self._until.setdefault(trouble.type, stage.at + trouble.lasts)
        match trouble.type:
            case TroubleType.DOWN:
                stage.kill()
            case TroubleType.STOP if not stage.away:
                stage.close()
            case TroubleType.BROKER:
                stage.disconnect()
            case TroubleType.LEDGER:
                stage.lose_ledger()
            case _:
                del self._until[trouble.type]

    def _trouble_letters(self, trouble: Trouble) -> None:
        """The far end of every channel goes, or takes the process with the next letter but a few."""
        if self._stage.post is None:
            return
        for receiver in self._stage.post.receivers.values():
            if trouble.type is TroubleType.LETTER:
                receiver.dying_after = self._rng.randint(1, 4)
            else:
                receiver.away = True
                self._until.setdefault(trouble.type, self._stage.at + trouble.lasts)

    def _mend(self, at: datetime) -> None:
        """What is over by now is put right."""
        self._excuse(at)
        for type_ in [one for one, until in self._until.items() if until <= at]:
            del self._until[type_]
            self._put_right(type_)

    def _excuse(self, at: datetime) -> None:
        """Tell the audit what nobody could do until now."""
        if self._until.keys() - {TroubleType.RECEIVER}:
            self._audit.blind_until(at)
        if self._until.keys() & NOBODY_SENDS:
            self._audit.deaf_until(at)

    def _put_right(self, type_: TroubleType) -> None:
        stage = self._stage
        match type_:
            case TroubleType.BROKER:
                stage.reconnect()
            case TroubleType.LEDGER:
                stage.find_ledger()
            case TroubleType.RECEIVER:
                self._hear_again()
            case _ if not self._until.keys() & {TroubleType.DOWN, TroubleType.STOP} and not stage.running:
                stage.start()

    def _hear_again(self) -> None:
        if self._stage.post is not None:
            for receiver in self._stage.post.receivers.values():
                receiver.away, receiver.dying_after = False, None

    def _again(self) -> None:
        """The broker sends again what was acknowledged: nothing may come of it but that silence ends."""
        stage = self._stage
        if self._until or not stage.running or stage.kept or not self._delivered:
            return
        stage.tick()
        self._audit.follow()
        some = self._rng.sample(self._delivered, min(20, len(self._delivered)))
        stage.receive([parcel.message(stage.at) for parcel in some if parcel.repeatable])
        for event in self._audit.follow():
            if not event.actor.name.endswith(".silent"):
                raise Broken(f"sent again, and {event.type} came of it on {event.device}: {event.data.get('why')}")

    # --- what must hold ---

    def _inspect(self) -> None:
        self._excuse(self._stage.at)  # a visit may have let time pass since the last step
        able = self._stage.running and not self._stage.away and self._stage.tick()
        self._audit.follow()
        self._audit.inspect(self._stage.at, acting=able)

    def _settle_down(self) -> None:
        """Everything is put right; then people can end whatever is open, and the ledger is sound."""
        self._until.clear()
        self._stage.find_ledger()
        self._hear_again()
        if not self._stage.running:
            self._stage.start()
        if not self._stage.connected:
            self._stage.reconnect()
        self._audit.blind_until(self._stage.at)
        self._audit.deaf_until(self._stage.at)
        self._fleet.make_peace(self._stage.at)
        self._hands.adopt()
        end = self._stage.at + PEACE
        while self._stage.at < end:
            self._step(self._stage.at + STRIDE)
        self._inspect()
        self._hands.clear_up()
        self._step(self._stage.at + STRIDE)
        self._hands.clear_up()
        self._stage.send()
        self._inspect()
        self._audit.close(self._stage.at)
        with self._stage.ledger.read() as rows:
            left = [one for one in rows.alarms.open_on(SITE.id) if one.subject.type is not SubjectType.ROUTE]
        if left:  # a bad round is over with the next good one
            raise Broken(f"all is well, and these cannot be ended: {[(one.id, one.rule, one.device) for one in left]}")
        if damages := self._stage.ledger.verify():
            raise Broken(f"the ledger is not sound: {damages[:3]}")


def _midnight(seed: int) -> tuple[Site, datetime]:
    """The site of a seed, and the midnight at which its day begins."""
    zone, midnight = MIDNIGHTS[seed % len(MIDNIGHTS)]
    return replace(SITE, time_zone=zone), midnight.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _played(configuration: Configuration, *, telling: bool) -> Configuration:
    """The config as a day plays it. `telling`: everybody it calls is told."""
    plan = called_in_a_play(configuration.plan, PEOPLE) if telling else configuration.plan
    return replace(configuration, rules=tuple(map(_by_interval, configuration.rules)), plan=plan)


def _by_interval(rule: Rule) -> Rule:
    """The rule, its silence counted in the device's own interval: here devices report rarely on purpose."""
    if isinstance(rule.when, Silent) and rule.when.after is not None:
        return replace(rule, when=Silent(intervals=3.0))
    return rule


def _rng(seed: str) -> Random:
    return Random(seed)  # noqa: S311
