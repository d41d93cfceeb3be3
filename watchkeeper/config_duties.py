"""`duties.toml`: what must be done every so often, and when frequent faults are reviewed.

Promises: every kind, template, rule and duty that is named exists; a cycle says one length, and its order opens on a
day within it. Leaves to others: the registry's devices and buildings (a name
that no site has owes nothing), running duties (`alerting.duties`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from domain.duties import DAY, Duty, DutyBook, FaultReview, Per
from domain.kinds import Kind
from domain.routes import CLOCK_TIME
from domain.rules import Rule
from domain.workorders import Template
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import convert, each_of, each_table, read_toml, tables

FILE = "duties.toml"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CLOCK_TIME = re.compile(CLOCK_TIME)
_NOTHING = timedelta(0)


class DutyFile:
    """The file, read against what else the folder has."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        templates: Mapping[str, Template],
        rules: Iterable[Rule],
        problems: Problems,
    ) -> None:
        self._kinds, self._templates, self._problems = kinds, templates, problems
        self._rules = {rule.id: rule for rule in rules}

    def load(self, folder: Path) -> DutyBook:
        """What it says. What is wrong is noted; a folder without the file has no duties."""
        if not (folder / FILE).exists():
            return DutyBook()
        raw = read_toml(folder / FILE)
        tables(raw, ("duty", "review"), self._problems)
        duties: dict[str, Duty] = {}
        for place, table in each_table(raw, "duty", self._problems):
            if not self._time_is_readable(table, place):
                continue
            duty = convert(table, Duty, place, self._problems)
            if duty is None:
                continue
            if duty.id in duties:
                self._problems.add(f"{place}.id", f"there are two duties {duty.id!r}", "Name one of them differently.")
                continue
            duties[duty.id] = duty
            self._check_duty(duty, place)
        reviews: list[FaultReview] = []
        for place, review in each_of(raw, "review", FaultReview, self._problems):
            self._check_review(review, duties, reviews, place)
            reviews.append(review)
        return DutyBook(duties=duties, reviews=tuple(reviews))

    def _time_is_readable(self, table: Mapping[str, object], place: str) -> bool:
        told = table.get("at")
        if not isinstance(told, str) or _CLOCK_TIME.fullmatch(told):
            return True
        self._problems.add(f"{place}.at", f"{told!r} is not a time of day", 'Write it like "08:00".')
        return False

    def _check_duty(self, duty: Duty, place: str) -> None:
        add = self._problems.add
        if not _NAME.fullmatch(duty.id):
            add(f"{place}.id", f"{duty.id!r} cannot be a duty's id", "Use 1 to 64 letters, digits, - and _.")
        for kind in sorted(duty.kinds - set(self._kinds)):
            self._problems.unknown(f"{place}.kinds", "kind", kind, self._kinds)
        if duty.per is Per.DEVICE and not duty.kinds:
            add(f"{place}.kinds", "it does not say whose duty it is", "Name the kinds of device that owe it.")
        if duty.per is not Per.DEVICE and duty.devices:
            add(f"{place}.devices", f"a {duty.per} owes it, no device", 'Leave them out, or write per = "device".')
        self._template(duty.template, f"{place}.template")
        if not duty.source.en.strip():
            add(f"{place}.source", "it is empty", "Say where the figure comes from: a standard, a contract.")
        if not duty.every.whole:
            add(f"{place}.every", "it does not say one length", "Write { days = 15 }, { weeks = 1 } or { months = 3 }.")
        elif not _NOTHING < duty.ahead < duty.every.about or duty.ahead % DAY:
            remedy = 'Write whole days, fewer than the cycle has, like "3d".'
            add(f"{place}.ahead", "its order would not open on a day within the cycle", remedy)

    def _check_review(
        self, review: FaultReview, duties: Mapping[str, Duty], before: Iterable[FaultReview], place: str
    ) -> None:
        add = self._problems.add
        self._template(review.template, f"{place}.template")
        if not review.source.en.strip():
            add(f"{place}.source", "it is empty", "Say where the figure comes from: a standard, a habit.")
        if review.within < DAY:
            add(f"{place}.within", "it is shorter than a day", "Count over a day at least.")
        duty = duties.get(review.duty)
        if duty is None:
            self._problems.unknown(f"{place}.duty", "duty", review.duty, duties)
        elif duty.per is not Per.DEVICE:
            add(f"{place}.duty", f"{duty.id!r} is no duty of devices", 'Name one with per = "device".')
        for name in sorted(review.rules):
            if name not in self._rules:
                self._problems.unknown(f"{place}.rules", "rule", name, self._rules)
            elif duty is not None and self._rules[name].kind not in duty.kinds:
                add(f"{place}.rules", f"{name!r} is about no device that owes {duty.id!r}", "Leave it out.")
        if not review.rules:
            add(f"{place}.rules", "it is empty", "Name the rules whose alarms are failures.")
        counted = {name for other in before for name in other.rules & review.rules}
        for name in sorted(counted):
            add(f"{place}.rules", f"{name!r} is counted by a review before it", "Count it in one of the two.")

    def _template(self, name: str, place: str) -> None:
        if name not in self._templates:
            self._problems.unknown(place, "template", name, self._templates)
