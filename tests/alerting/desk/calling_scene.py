"""People to call, channels to call them by, and policies to call them after: what escalation is tested with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from alerting.desk import Desk
from alerting.notices import Courier, OpenChannels
from domain.callout import Callee, Directory, Position, Shift
from domain.escalation import Call, ClockCalls, Plan, Policy, PolicyStep
from domain.events import Event, EventType
from domain.notices import Channel, ChannelType, Notice
from domain.ports.ledger import NoticeFilter
from domain.ports.notifier import Notifier
from domain.rules import Severity
from domain.texts import Language, Text, text
from tests.alerting.desk.scene import TEMPLATES, Scene

MINUTE = timedelta(minutes=1)


def words(name: str) -> Text:
    """The same in every language."""
    return text(name, name, name)


def step(after: timedelta, whom: str, channel: str = "hook", **more: object) -> PolicyStep:
    """One step, by the shared channel unless another is named."""
    return PolicyStep(after=after, whom=whom, channel=channel, **more)  # type: ignore[arg-type]


PEOPLE = {
    person.name: person
    for person in (
        Callee(name="lin", language=Language.ZH_HANS, contacts={"mail": "lin@example.com"}),
        Callee(name="wu", contacts={"mail": "wu@example.com"}),
        Callee(name="zhao", contacts={"mail": "zhao@example.com"}),
        Callee(name="firm", contacts={"mail": "desk@firm.example"}),
    )
}
POSITIONS = {
    position.name: position
    for position in (
        Position(
            name="shift_leader",
            title=text("shift leader", "班长", "班長"),
            shifts=(
                Shift(begin=time(8), until=time(20), people=("lin",)),
                Shift(begin=time(20), until=time(8), people=("wu",)),
            ),
        ),
        Position(name="manager", title=text("manager", "经理", "經理"), people=("zhao",)),
        Position(name="elevator_firm", title=text("the firm", "维保单位", "維保單位"), people=("firm",)),
    )
}
CHANNELS = {
    channel.name: channel
    for channel in (
        Channel(name="console", type=ChannelType.CONSOLE, title=words("console")),
        Channel(name="hook", type=ChannelType.WEBHOOK, title=words("hook"), tells_end=True),
        Channel(name="panel", type=ChannelType.MQTT, title=words("panel")),
        Channel(name="mail", type=ChannelType.EMAIL, title=text("e-mail", "邮件", "郵件"), personal=True),
    )
}
PLAN = Plan(
    policies=(
        Policy(
            name="danger",
            title=words("danger"),
            life_safety=True,
            steps=(
                step(0 * MINUTE, "elevator_firm", "mail", always=True),
                step(1 * MINUTE, "shift_leader", "mail"),
                step(5 * MINUTE, "manager", repeat=5 * MINUTE),
            ),
        ),
        Policy(
            name="soon",
            title=words("soon"),
            severities=(Severity.URGENT, Severity.IMPORTANT),
            steps=(
                step(2 * MINUTE, "shift_leader", "console"),
                step(10 * MINUTE, "shift_leader"),
                step(20 * MINUTE, "manager", "mail", always=True),
            ),
        ),
        Policy(name="later", title=words("later"), severities=(Severity.GENERAL, Severity.ADVISORY)),
    ),
    clocks=ClockCalls(
        warn=(Call(whom="assignee", channel="mail"), Call(whom="shift_leader", channel="mail")),
        breach=(Call(whom="manager", channel="mail"),),
    ),
    directory=Directory(people=PEOPLE, positions=POSITIONS, fallback="manager"),
    channels=CHANNELS,
)


class CallingScene:
    """A scene whose desk calls people. It is a clock too, as far as a courier needs one."""

    def __init__(self, scene: Scene, plan: Plan = PLAN) -> None:
        self.scene = scene
        self.use(plan)
        self.climb()  # from here on clocks call

    def use(self, plan: Plan) -> None:
        """Another config, as after a restart."""
        self.plan = plan
        self.scene.desk = Desk(TEMPLATES, plan)

    def now(self) -> datetime:
        """The scene's instant."""
        return self.scene.at

    async def sleep(self, span: timedelta) -> None:
        """Nothing in these tests waits for a clock: they say when to look."""
        raise AssertionError(f"nobody moves this clock by {span}")

    def climb(self) -> int:
        """What the timer does."""
        return self.scene.do(
            lambda tx: self.scene.desk.run_escalation(tx, self.scene.at) + self.scene.desk.call_for_clocks(tx)
        )

    def pass_and_climb(self, **span: float) -> int:
        """Let time pass, then look."""
        self.scene.pass_(**span)
        return self.climb()

    def courier(self, notifiers: Mapping[str, Notifier]) -> Courier:
        """A process that sends."""
        return Courier(self.scene.ledger, self.scene.desk, OpenChannels(notifiers), self)

    def notices(self, alarm: str | None = None) -> list[Notice]:
        """All notices, in the order in which they were made."""
        with self.scene.ledger.read() as rows:
            page = rows.notices.page(NoticeFilter(alarm=alarm), after=None, most=1000)
        return sorted(page.items, key=lambda notice: notice.number)

    def called(self) -> list[tuple[str, ...]]:
        """Who was called, by notices."""
        return [(*notice.receivers, notice.channel) for notice in self.notices()]

    def steps(self, alarm: str) -> list[Event]:
        """The steps on the alarm's timeline."""
        return [event for event in self.scene.timeline(alarm=alarm) if event.type is EventType.ALARM_ESCALATED]
