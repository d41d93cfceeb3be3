"""`orders.toml`: the forms of work orders and the promises that their clocks keep.

Promises: every severity has exactly one template to fall back on; a template promises each clock once; every name in it
exists; a notice to residents has only places that can be filled. Leaves to others: running the clocks
(`alerting.desk`), calendars (`config_calendar`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from domain.rules import Severity
from domain.service_hours import Calendar
from domain.workorders import ClockName, ClockStart, FollowOn, Template
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import convert, each_table, read_toml, tables

FILE = "orders.toml"

QUICKEST_PROGRESS = timedelta(minutes=5)
"""Nobody can work and tell more often."""

NOTICE_PLACES = ("building", "began", "expected")


def load_templates(
    folder: Path, problems: Problems, calendars: Mapping[str, Calendar] | None = None
) -> dict[str, Template]:
    """The templates by name. What is wrong is noted."""
    raw = read_toml(folder / FILE)
    tables(raw, ("template",), problems)
    found: dict[str, Template] = {}
    places: dict[str, str] = {}
    fallbacks: dict[Severity, str] = {}
    for place, table in each_table(raw, "template", problems):
        template = _read(table, place, problems, calendars or {})
        if template is None:
            continue
        if template.name in found:
            problems.add(f"{place}.name", f"there are two templates {template.name!r}", "Name one of them differently.")
            continue
        found[template.name], places[template.name] = template, place
        _check_clocks(template, place, problems)
        _check_progress(template, place, problems)
        _check_stamps(template, place, problems)
        _check_notices(template, place, problems)
        for severity in template.severities:
            if severity in fallbacks:
                problems.add(
                    f"{place}.severities",
                    f"{fallbacks[severity]!r} is the fallback of {severity.value!r} already",
                    "Keep the severity in one of the two.",
                )
            fallbacks.setdefault(severity, template.name)
    for name, template in found.items():
        for number, follow_on in enumerate(template.follow_on):
            _check_follow_on(template, follow_on, found, f"{places[name]}.follow_on[{number}]", problems)
    if not problems.errors:
        for severity in Severity:
            if severity not in fallbacks:
                problems.add(
                    "template",
                    f"no template is the fallback of {severity.value!r}",
                    f'Add severities = ["{severity.value}"] to one.',
                )
    return found


def _read(
    table: Mapping[str, Any], place: str, problems: Problems, calendars: Mapping[str, Calendar]
) -> Template | None:
    """A template; its calendar is named in the file and whole in the template."""
    named = table.get("calendar")
    template = convert({key: value for key, value in table.items() if key != "calendar"}, Template, place, problems)
    if named is None or template is None:
        return template
    if not isinstance(named, str) or named not in calendars:
        problems.unknown(f"{place}.calendar", "calendar", str(named), calendars)
        return template
    return replace(template, calendar=calendars[named])


def _check_clocks(template: Template, place: str, problems: Problems) -> None:
    seen: set[ClockName] = set()
    for number, promise in enumerate(template.clocks):
        here = f"{place}.clocks[{number}]"
        if promise.clock in seen:
            problems.add(f"{here}.clock", f"{promise.clock.value!r} is promised twice", "Remove one of the two.")
        seen.add(promise.clock)
        if promise.within <= timedelta(0):
            problems.add(f"{here}.within", "a promise needs time to keep it", "Write a span longer than nothing.")
        if promise.clock is ClockName.FOLLOW_UP and promise.after is not ClockStart.FIXED:
            problems.add(f"{here}.after", "nobody can follow up before the fix", 'Write after = "fixed".')
        if promise.clock is ClockName.PROGRESS:
            problems.add(f"{here}.clock", "progress is a duty, not a promise", 'Write progress = { every = "1h" }.')


def _check_progress(template: Template, place: str, problems: Problems) -> None:
    duty = template.progress
    if duty is None:
        return
    if (duty.every is None) == (duty.daily_by is None):
        problems.add(f"{place}.progress", "it says not when, or says it twice", 'Write every = "1h", or daily_by.')
    if duty.every is not None and duty.every < QUICKEST_PROGRESS:
        problems.add(f"{place}.progress.every", "nobody can work and tell so often", 'Write "5m" or longer.')


def _check_stamps(template: Template, place: str, problems: Problems) -> None:
    names = [form.name for form in template.stamps]
    for number, name in enumerate(names):
        if name in names[:number]:
            problems.add(f"{place}.stamps[{number}].name", f"there are two stamps {name!r}", "Remove one of the two.")


def _check_follow_on(
    template: Template, follow_on: FollowOn, found: Mapping[str, Template], place: str, problems: Problems
) -> None:
    stamps = [form.name for form in template.stamps]
    if follow_on.template not in found:
        problems.unknown(f"{place}.template", "template", follow_on.template, found)
    elif follow_on.out_of_service and not found[follow_on.template].returns_device:
        problems.add(
            f"{place}.out_of_service",
            f"nothing would bring the device back: {follow_on.template!r} does not return it",
            f"Set returns_device = true in {follow_on.template!r}.",
        )
    if bool(follow_on.verdicts) == (follow_on.stamp is not None):
        problems.add(place, "it says not when, or says it twice", "Write verdicts = [...], or stamp.")
    if follow_on.stamp is not None and follow_on.stamp not in stamps:
        problems.unknown(f"{place}.stamp", "stamp", follow_on.stamp, stamps)


def _check_notices(template: Template, place: str, problems: Problems) -> None:
    sample = dict.fromkeys(NOTICE_PLACES, "x")
    for number, form in enumerate(template.residents_notice):
        try:
            form.text.fill(**sample)
        except (KeyError, ValueError, IndexError) as error:
            problems.add(
                f"{place}.residents_notice[{number}].text",
                f"it has a place that nothing fills: {error}",
                "Use " + ", ".join(f"{{{name}}}" for name in NOTICE_PLACES) + ".",
            )
