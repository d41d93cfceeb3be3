"""`orders.toml`: the forms of work orders and the promises that their clocks keep.

Promises: every severity has exactly one template to fall back on; a template promises each clock once.
Leaves to others: running the clocks (`alerting.desk`).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from domain.rules import Severity
from domain.workorders import ClockName, ClockStart, Template
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import convert, each_table, read_toml, tables

FILE = "orders.toml"


def load_templates(folder: Path, problems: Problems) -> dict[str, Template]:
    """The templates by name. What is wrong is noted."""
    raw = read_toml(folder / FILE)
    tables(raw, ("template",), problems)
    found: dict[str, Template] = {}
    fallbacks: dict[Severity, str] = {}
    for place, table in each_table(raw, "template", problems):
        template = convert(table, Template, place, problems)
        if template is None:
            continue
        if template.name in found:
            problems.add(f"{place}.name", f"there are two templates {template.name!r}", "Name one of them differently.")
            continue
        found[template.name] = template
        _check_clocks(template, place, problems)
        for severity in template.severities:
            if severity in fallbacks:
                problems.add(
                    f"{place}.severities",
                    f"{fallbacks[severity]!r} is the fallback of {severity.value!r} already",
                    "Keep the severity in one of the two.",
                )
            fallbacks.setdefault(severity, template.name)
    if not problems.errors:
        for severity in Severity:
            if severity not in fallbacks:
                problems.add(
                    "template",
                    f"no template is the fallback of {severity.value!r}",
                    f'Add severities = ["{severity.value}"] to one.',
                )
    return found


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
