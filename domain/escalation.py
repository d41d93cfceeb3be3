"""Escalation: an alarm climbs from person to person until somebody takes it.

Promises: a policy is steps; it is copied onto the alarm when that opens (`begin`), so that a change of config changes
no climb under way. Every step's next instant is a value of the copy, and `next_step` says which comes first and when.
Pure functions: what is due at an instant (`take_due`), what stopping leaves (`stop`), what a new occurrence brings
(`again`). A stop never takes back what was due; a restart never puts off what was to come.
Leaves to others: when an alarm's climb stops (`alerting.desk.climbing`), whom a step calls (`domain.callout`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from domain.callout import Directory
from domain.notices import CONSOLE, Channel, ChannelType
from domain.rules import Severity
from domain.texts import Text, text


class PolicyStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: `after` the alarm opened call `whom` by `channel`, and again every `repeat`.

    `always`: also when somebody has acknowledged, or the alarm is over, before its instant.
    """

    after: timedelta
    whom: str
    channel: str = CONSOLE
    repeat: timedelta | None = None
    always: bool = False


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps, and the alarms that climb by them: chosen by rule, else for life safety, else by severity."""

    name: str
    title: Text
    steps: tuple[PolicyStep, ...] = ()
    rules: frozenset[str] = frozenset()
    life_safety: bool = False
    severities: tuple[Severity, ...] = ()


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a work order's clock calls, and how."""

    whom: str
    channel: str = CONSOLE


class ClockCalls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom clocks call when they warn and when they are breached.

    `no_word` is called instead of `breach` when nobody has told how a job stands: it is a reminder, every time.
    """

    warn: tuple[Call, ...] = ()
    breach: tuple[Call, ...] = ()
    no_word: tuple[Call, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that config says about calling people. The empty one calls nobody."""

    policies: tuple[Policy, ...] = ()
    clocks: ClockCalls = ClockCalls()
    directory: Directory = Directory()
    channels: Mapping[str, Channel] = {}

    def choose(self, rule: str, severity: Severity, *, life_safety: bool) -> Policy | None:
        """The policy of an alarm: its rule's, else life safety's, else its severity's."""
        found = (
            *(policy for policy in self.policies if rule in policy.rules),
            *(policy for policy in self.policies if life_safety and policy.life_safety),
            *(policy for policy in self.policies if severity in policy.severities),
        )
        return found[0] if found else None

    def leaves(self, channel: str) -> bool:
        """Whether a channel reaches people outside the console, which sees every event by itself.

        One that nobody declared leaves: that it cannot be delivered must be noticed.
        """
        known = self.channels.get(channel)
        return channel != CONSOLE and (known is None or known.type is not ChannelType.CONSOLE)

    def channel_title(self, channel: str) -> Text:
        """What a reader is told of a channel; its name for one that nobody declared."""
        known = self.channels.get(channel)
        return known.title if known is not None else Text(channel, channel, channel)


NO_PLAN = Plan()


class ClimbStep(msgspec.Struct, frozen=True, kw_only=True):
    """A policy's step on an alarm. `due_at` is its next instant, None when there is none; `times` how often it was."""

    step: PolicyStep
    title: Text
    channel_title: Text
    due_at: datetime | None = None
    times: int = 0


class Climb(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it was, on one alarm. `round` counts restarts, so that each has notices of its own.

    `stopped_at` is set while somebody has taken it; steps marked `always` may still be to come.
    """

    policy: str
    round: int
    started_at: datetime
    steps: tuple[ClimbStep, ...]
    stopped_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """The next instant at which a step is due, None when none will be."""
        return min((step.due_at for step in self.steps if step.due_at is not None), default=None)


class Because(StrEnum):
    """Why a step is taken, or is to come."""

    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOBODY_ARRIVED = "nobody_arrived"
    ALWAYS = "always"
    UNDER_TEST = "under_test"
    CLOCK_WARNED = "clock_warned"
    CLOCK_BREACHED = "clock_breached"
    NO_WORD = "no_word"
    OVER = "over"

    @property
    def words(self) -> Text:
        """The reason as people read it."""
        return _WORDS[self]


_WORDS = {
    Because.NOT_ACKNOWLEDGED: text("not acknowledged", "未确认", "未確認"),
    Because.NOBODY_ARRIVED: text("nobody has arrived yet", "尚无人到场", "尚無人到場"),
    Because.UNDER_TEST: text("it is under test, and you test it", "正在测试，您是测试人员", "正在測試，您是測試人員"),
    Because.ALWAYS: text("told in any case", "无论如何都通知", "無論如何都通知"),
    Because.CLOCK_WARNED: text("its time limit is near", "时限将至", "時限將至"),
    Because.CLOCK_BREACHED: text("its time limit has passed", "已超时限", "已超時限"),
    Because.NO_WORD: text("nobody has told how it stands", "未汇报进展", "未匯報進展"),
    Because.OVER: text("it is over", "已解除", "已解除"),
}


class NextStep(msgspec.Struct, frozen=True):
    """What comes next unless somebody takes the alarm."""

    at: datetime
    whom: str
    title: Text
    channel: str
    channel_title: Text
    because: Because


class Taken(msgspec.Struct, frozen=True):
    """A step that was due. `number` is its place in the policy, `time` 1, 2, 3 ... as it repeats."""

    number: int
    time: int
    due_at: datetime
    step: PolicyStep
    title: Text


def begin(policy: Policy, plan: Plan, at: datetime) -> Climb:
    """The policy on an alarm that opened at `at`."""
    steps = tuple(
        ClimbStep(
            step=step,
            title=plan.directory.title(step.whom),
            channel_title=plan.channel_title(step.channel),
            due_at=at + step.after,
        )
        for step in policy.steps
    )
    return Climb(policy=policy.name, round=1, started_at=at, steps=steps)


def again(climb: Climb, at: datetime) -> Climb:
    """The climb from its first step on, because the alarm came back at `at`.

    A step that was to come earlier still does: a signal that flickers must not keep anybody from being called.
    """
    steps = tuple(replace(one, due_at=_earlier(one.due_at, at + one.step.after), times=0) for one in climb.steps)
    return replace(climb, round=climb.round + 1, started_at=at, steps=steps, stopped_at=None)


def instead(climb: Climb, policy: Policy, plan: Plan, at: datetime) -> Climb:
    """Another policy's climb from its first step on, because the alarm became graver. Rounds go on counting."""
    fresh = begin(policy, plan, at)
    return replace(fresh, round=climb.round + 1)


def stop(climb: Climb, at: datetime) -> Climb:
    """The climb without what would come after `at`, but for steps marked `always` that were not yet taken."""

    def left(one: ClimbStep) -> ClimbStep:
        waits = one.due_at is not None and (one.due_at <= at or (one.step.always and one.times == 0))
        return one if waits else replace(one, due_at=None)

    return replace(climb, steps=tuple(left(one) for one in climb.steps), stopped_at=climb.stopped_at or at)


def take_due(climb: Climb, at: datetime) -> tuple[Climb, tuple[Taken, ...]]:
    """The climb after every step that is due at `at`, and those steps in the order of their instants.

    A repeat that was missed is not made up for: after a pause there is one call, and the next on its old beat.
    """
    taken: list[Taken] = []
    steps: list[ClimbStep] = []
    for number, one in enumerate(climb.steps):
        if one.due_at is None or one.due_at > at:
            steps.append(one)
            continue
        taken.append(Taken(number, one.times + 1, one.due_at, one.step, one.title))
        steps.append(replace(one, due_at=_next_beat(one, climb, at), times=one.times + 1))
    taken.sort(key=lambda one: (one.due_at, one.number))
    return replace(climb, steps=tuple(steps)), tuple(taken)


def next_step(climb: Climb, because: Because) -> NextStep | None:
    """What comes first; `because` is why the climb goes on. None when nothing will come."""
    coming = [(one.due_at, number, one) for number, one in enumerate(climb.steps) if one.due_at is not None]
    if not coming:
        return None
    due_at, _, first = min(coming, key=lambda each: each[:2])
    reason = Because.ALWAYS if climb.stopped_at is not None else because
    return NextStep(due_at, first.step.whom, first.title, first.step.channel, first.channel_title, reason)


def _next_beat(one: ClimbStep, climb: Climb, at: datetime) -> datetime | None:
    if one.step.repeat is None or one.due_at is None or climb.stopped_at is not None:
        return None
    beats = (at - one.due_at) // one.step.repeat + 1
    return one.due_at + beats * one.step.repeat


def _earlier(known: datetime | None, new: datetime) -> datetime:
    return new if known is None else min(known, new)


def names_of(policies: Iterable[Policy], clocks: ClockCalls) -> frozenset[tuple[str, str]]:
    """Every (whom, channel) that a plan can ask for."""
    steps = ((step.whom, step.channel) for policy in policies for step in policy.steps)
    calls = ((call.whom, call.channel) for call in (*clocks.warn, *clocks.breach, *clocks.no_word))
    return frozenset((*steps, *calls))
