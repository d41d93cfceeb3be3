"""Scenario files: `config/scenarios/*.toml`, read strictly.

Promises: what comes out can be played: every device, metric, rule, template, person and message that a step names
exists, every instant is an instant, and something is expected. Leaves to others: the shape (`config_toml`), what a step
means (`simulators.scenario`), playing it (`watchkeeper.rehearsal`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from domain.assets import Device, Site
from domain.callout import ASSIGNEE, Position
from domain.duties import DutyBook
from domain.errors import ConfigError
from domain.kinds import Kind
from domain.people import Role
from domain.routes import Route
from domain.texts import Text
from simulators import scenario
from simulators.expected import NOBODY, NextExpected
from simulators.scenario import CAST, Scenario, Step
from simulators.staff import called_in_a_play
from watchkeeper.config_errors import Problems, refuse
from watchkeeper.config_maintenance import read_windows
from watchkeeper.config_property import Property, expand_ids, read_property
from watchkeeper.config_toml import convert, each_table, read_toml, tables

if TYPE_CHECKING:
    from watchkeeper.config_files import Configuration

FOLDER = "scenarios"
CLOCK_WORDS = ("running", "warned", "breached", "met", "met_late", "held")
"""Where a clock can stand: `met_late` is met after its breach."""

_NEEDS_DEVICE = (scenario.Reports, scenario.SetsClock, scenario.Registers)
_NAMES_MANY = (scenario.FallsSilent, scenario.SpeaksAgain, scenario.BeginsTest, scenario.AcknowledgesGroup)
_WALL_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


class _Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands above the steps. `begins` is written without a zone: the site's own clock."""

    title: Text
    stands_for: str
    begins: datetime
    devices: tuple[str, ...]
    property: str = "demo"
    time_zone: str | None = None
    people: dict[str, Role] = {}
    reports_every: timedelta | None = None
    tick_every: timedelta = timedelta(seconds=10)
    restarts: bool = True
    routes: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    position: tuple[Position, ...] = ()


def shipped_scenarios(config: Path) -> list[Path]:
    """The scenario files of a config folder, by name."""
    return sorted((config / FOLDER).glob("*.toml"))


def load_scenario(path: Path, config: Path, kinds: Mapping[str, Kind], configuration: Configuration) -> Scenario:
    """One scenario file, checked against kinds, rules and order templates. Raises ConfigError."""
    problems = Problems(path.name)
    raw = read_toml(path)
    tables(raw, (*_Head.__struct_fields__, "window", "step"), problems)
    above = {key: value for key, value in raw.items() if key not in ("window", "step")}
    head = convert(above, _Head, "(head)", problems)
    windows = read_windows(raw, kinds, problems)
    steps: list[tuple[str, Step]] = []
    for place, table in each_table(raw, "step", problems):
        step: Step | None = convert(table, Step, place, problems)  # type: ignore[arg-type]
        if step is not None:
            steps.append((place, step))
    refuse((problems,))
    assert head is not None
    content = _property(head, config, kinds, problems)
    refuse((problems,))
    assert content is not None
    steps = [(place, _spelled_out(step, place, problems)) for place, step in steps]
    script = _scenario(path.stem, head, content, tuple(step for _, step in steps), problems)
    script = replace(script, duties=_owed(head, configuration.duties, problems), windows=windows)
    _Check(script, kinds, configuration, problems).steps(steps)
    refuse((problems,))
    return script


def _property(head: _Head, config: Path, kinds: Mapping[str, Kind], problems: Problems) -> Property | None:
    files = {path.stem: path for path in (config / "property").glob("*.toml")}
    if head.property not in files:
        problems.unknown("property", "property", head.property, files)
        return None
    inner = Problems(files[head.property].name)
    content = read_property(files[head.property], kinds, inner)
    refuse((inner,))
    return content


def _scenario(name: str, head: _Head, content: Property, steps: tuple[Step, ...], problems: Problems) -> Scenario:
    site = content.sites[0]
    if head.time_zone is not None:
        site = replace(site, time_zone=head.time_zone)
    try:
        zone = ZoneInfo(site.time_zone)
    except (KeyError, ValueError, OSError):
        problems.add("time_zone", f"there is no time zone {site.time_zone!r}", 'Write it like "Europe/Berlin".')
        zone = ZoneInfo("UTC")
    if head.begins.tzinfo is not None:
        problems.add("begins", "it has a zone of its own", "Write it on the site's clock: 2026-03-02T01:55:00.")
    return Scenario(
        name=name,
        title=head.title,
        stands_for=head.stands_for,
        site=site,
        devices=_on_stage(head, content, problems),
        begins=head.begins.replace(tzinfo=zone).astimezone(UTC),
        steps=steps,
        people={**CAST, **head.people},
        reports_every=head.reports_every,
        tick_every=head.tick_every,
        positions=head.position,
        routes=_walked(head, content, problems),
        restarts=head.restarts,
    )


def _on_stage(head: _Head, content: Property, problems: Problems) -> tuple[Device, ...]:
    """The devices that the head names. A parent that is not on stage is nobody's parent."""
    known = {device.id: device for device in content.devices}
    try:
        names = list(dict.fromkeys(expand_ids(head.devices)))
    except ValueError as error:
        problems.add("devices", str(error), 'Write it like ["E-03", "SD-01..SD-05"].')
        return ()
    for name in names:
        if name not in known:
            problems.unknown("devices", "device", name, known)
    chosen = set(names)
    return tuple(
        replace(
            known[name],
            gateway=known[name].gateway if known[name].gateway in chosen else None,
            power_feed=known[name].power_feed if known[name].power_feed in chosen else None,
        )
        for name in names
        if name in known
    )


def _walked(head: _Head, content: Property, problems: Problems) -> tuple[Route, ...]:
    """The routes that the head names. Their checkpoints need not be on stage: a tag is heard all the same."""
    known = {route.id: route for route in content.routes}
    for name in head.routes:
        if name not in known:
            problems.unknown("routes", "route", name, known)
    return tuple(known[name] for name in head.routes if name in known)


def _owed(head: _Head, book: DutyBook, problems: Problems) -> DutyBook:
    """The duties that the head names, with the reviews that shorten them."""
    for name in head.duties:
        if name not in book.duties:
            problems.unknown("duties", "duty", name, book.duties)
    duties = {name: book.duties[name] for name in head.duties if name in book.duties}
    return DutyBook(duties=duties, reviews=tuple(one for one in book.reviews if one.duty in duties))


def _spelled_out(step: Step, place: str, problems: Problems) -> Step:
    """The step, its ranges of devices (`SD-01..SD-05`) written out."""
    if not isinstance(step, _NAMES_MANY):
        return step
    try:
        return replace(step, devices=tuple(dict.fromkeys(expand_ids(step.devices))))
    except ValueError as error:
        problems.add(f"{place}.devices", str(error), 'Write it like ["E-03", "SD-01..SD-05"].')
        return step


class _Check:
    """What the steps of one script name, against what there is."""

    def __init__(
        self, script: Scenario, kinds: Mapping[str, Kind], configuration: Configuration, problems: Problems
    ) -> None:
        self._devices = {device.id: device for device in script.devices}
        topics = (step.topic.split("/") for step in script.steps if isinstance(step, scenario.Sends))
        self._heard_of = {*self._devices, *(levels[-2] for levels in topics if len(levels) > 1)}
        self._people, self._kinds, self._problems = script.people, kinds, problems
        self._positions = script.positions
        plan = called_in_a_play(configuration.plan, script.people, script.positions)
        self._directory, self._channels = plan.directory, plan.channels
        self._rules = {rule.id for rule in configuration.rules}
        self._templates = configuration.templates
        self._routes = {route.id: route for route in script.routes}
        self._duties = script.duties.duties
        self._messages: set[str] = set()

    def steps(self, steps: list[tuple[str, Step]]) -> None:
        """Note what is wrong with any of them."""
        for number, position in enumerate(self._positions):
            for name in sorted(position.everybody()):
                self._known(f"position[{number}]", "person", name, self._directory.people)
        for place, step in steps:
            self._time(place, step)
            self._names(place, step)
            match step:
                case scenario.Reports():
                    self._report(place, step)
                case scenario.Sends(name=str(name)):
                    self._messages.add(name)
                case scenario.Redelivers(message=message) if message not in self._messages:
                    self._problems.unknown(f"{place}.message", "message", message, self._messages)
                case scenario.Expects():
                    self._expect(place, step)
                case scenario.Walks(route=route, points=points) if route in self._routes:
                    for point in points or ():
                        self._known(f"{place}.points", "checkpoint", point, self._routes[route].checkpoints)
                case scenario.LosesReceiver() | scenario.FindsReceiver():
                    self._known(f"{place}.channel", "channel", step.channel, self._channels)
                case _:
                    pass
        if not any(isinstance(step, scenario.Expects) for _, step in steps):
            self._problems.add("step", "nothing is expected", 'Add a step with do = "expect".')

    def _time(self, place: str, step: Step) -> None:
        if step.at is not None and step.after is not None:
            self._problems.add(place, "it has both at and after", "Keep one of the two.")
        if step.at is not None:
            self._wall_clock(f"{place}.at", step.at)

    def _wall_clock(self, place: str, written: str) -> None:
        if not _WALL_CLOCK.fullmatch(written):
            self._problems.add(place, f"{written!r} is no time of day", 'Write it like "02:00" or "02:00:30".')

    def _names(self, place: str, step: Any) -> None:
        """The fields that are names, in whatever step they stand. Of a stranger only its messages are known."""
        device = getattr(step, "device", None)
        if device is not None:
            heard_of = self._devices if isinstance(step, _NEEDS_DEVICE) else self._heard_of
            self._known(f"{place}.device", "device", device, heard_of)
        for number, name in enumerate(getattr(step, "devices", ())):
            self._known(f"{place}.devices[{number}]", "device", name, self._devices)
        rule = getattr(step, "rule", None)
        if rule is not None and rule.partition(".")[0] in self._kinds:  # the others are not config: `system`, `manual`
            self._known(f"{place}.rule", "rule", rule, self._rules)
        for field, what, known in (
            ("by", "person", self._people),
            ("second", "person", self._people),
            ("to", "person", self._directory.people),
            ("template", "template", self._templates),
            ("route", "route", self._routes),
            ("duty", "duty", self._duties),
        ):
            name = getattr(step, field, None)
            if name is not None:
                self._known(f"{place}.{field}", what, name, known)

    def _known(self, place: str, what: str, name: str, known: Any) -> None:
        if name not in known:
            self._problems.unknown(place, what, name, known)

    def _report(self, place: str, step: scenario.Reports) -> None:
        if step.name is not None:
            self._messages.add(step.name)
        if step.device not in self._devices:
            return
        kind = self._kinds[self._devices[step.device].kind]
        if step.channel == "status":
            self._known(f"{place}.values", "value", next(iter(step.values), ""), ("online",))
            return
        for metric in step.values:
            if kind.metric(metric) is None:
                self._problems.unknown(f"{place}.values", "metric", metric, [one.name for one in kind.metrics])

    def _expect(self, place: str, step: scenario.Expects) -> None:
        for number, alarm in enumerate(step.alarms):
            here = f"{place}.alarms[{number}]"
            self._names(here, alarm)
            if alarm.raised is not None:
                self._wall_clock(f"{here}.raised", alarm.raised)
            if alarm.next is not None:
                self._next(f"{here}.next", alarm.next)
        for number, order in enumerate(step.orders):
            here = f"{place}.orders[{number}]"
            self._names(here, order)
            for clock, word in order.clocks.items():
                self._known(f"{here}.clocks.{clock}", "word", word, CLOCK_WORDS)
        for number, one in enumerate(step.rounds):
            self._names(f"{place}.rounds[{number}]", one)
            self._wall_clock(f"{place}.rounds[{number}].starts", one.starts)
        for field, named in (("days", step.days), ("duties", step.duties)):
            for number, each in enumerate(named):
                self._names(f"{place}.{field}[{number}]", each)
        for name in step.called or ():
            self._known(f"{place}.called", "person", name, self._directory.people)
        for number, notice in enumerate(step.notices):
            self._names(f"{place}.notices[{number}]", notice)
            if notice.channel is not None:
                self._known(f"{place}.notices[{number}].channel", "channel", notice.channel, self._channels)

    def _next(self, place: str, next_: NextExpected) -> None:
        whom = {*self._directory.positions, *self._directory.people, ASSIGNEE, NOBODY}
        self._known(f"{place}.whom", "position", next_.whom, whom)
        if next_.channel is not None:
            self._known(f"{place}.channel", "channel", next_.channel, self._channels)
        if next_.at is not None:
            self._wall_clock(f"{place}.at", next_.at)


def wall_clock(site: Site, written: str, since: datetime) -> datetime:
    """The first instant at or after `since` at which the site's clock shows `written`. Raises ConfigError.

    Where a change of the clock shows an hour twice, both count; one that is left out that day comes the next.
    """
    match = _WALL_CLOCK.fullmatch(written)
    if match is None:
        raise ConfigError(
            file="scenario", place="at", problem=f"{written!r} is no time of day", remedy='Write "02:00".'
        )
    hour, minute, second = (int(part or 0) for part in match.groups())
    zone = ZoneInfo(site.time_zone)
    today = since.astimezone(zone).date()
    for days in range(3):
        date = today + timedelta(days=days)
        for fold in (0, 1):
            local = datetime(date.year, date.month, date.day, hour, minute, second, tzinfo=zone, fold=fold)
            instant = local.astimezone(UTC)
            shown = instant.astimezone(zone)
            if instant >= since and (shown.hour, shown.minute, shown.second) == (hour, minute, second):
                return instant
    raise ConfigError(file="scenario", place="at", problem=f"{written!r} does not come", remedy="Write another time.")
