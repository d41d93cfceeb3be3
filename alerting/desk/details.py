"""What people say with an act: a step's details, a note, a device's place. Checked in one place, before anything moves.

Promises: one table of what each step must and may be given; `Invalid` names the field. Every text is bounded.
Leaves to others: who may (`domain.people`), whether the state allows it (`domain.workorders`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from domain.errors import Invalid
from domain.texts import Text
from domain.workorders import Step, Verdict

MAX_NOTE_CHARS = 2000
MAX_NAME_CHARS = 100
LONGEST_WAIT = timedelta(days=90)
"""A wait or promise further away than this is a typing error, or should be a cancelled order."""


class StepDetails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says with a step. Which of it each step must or may have is in `STEP_FIELDS`."""

    assignee: str | None = None
    note: str | None = None
    reason: str | None = None
    approver: str | None = None
    until: datetime | None = None
    verdict: Verdict | None = None
    cause: str | None = None


class StepFields(msgspec.Struct, frozen=True):
    """One row of the table. A note may go with every step."""

    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()


def _fields(must: str = "", may: str = "") -> StepFields:
    return StepFields(frozenset(must.split()), frozenset(may.split()))


STEP_FIELDS: dict[Step, StepFields] = {
    Step.DISPATCH: _fields("assignee"),
    Step.ACCEPT: _fields(may="assignee"),
    Step.REFUSE: _fields("reason"),
    Step.TRANSFER: _fields("reason", may="assignee"),
    Step.ARRIVE: _fields(may="assignee"),
    Step.FIX: _fields(may="cause verdict"),
    Step.PASS_CHECK: _fields(),
    Step.FAIL_CHECK: _fields("reason"),
    Step.FOLLOW_UP: _fields(),
    Step.COMPLAIN: _fields("reason"),
    Step.SKIP_FOLLOW_UP: _fields(may="reason"),
    Step.CLOSE: _fields(may="cause verdict"),
    Step.HOLD: _fields("reason until", may="approver"),
    Step.RESUME: _fields(may="reason"),
    Step.CANCEL: _fields("reason"),
    Step.REOPEN: _fields("reason"),
}
"""`hold` takes its approver from whoever takes the step, who must be allowed to approve, unless another is named."""


def check_details(step: Step, details: StepDetails, at: datetime) -> None:
    """Raises Invalid, naming the field that is missing, too much or wrong."""
    row = STEP_FIELDS[step]
    given = {name for name in details.__struct_fields__ if getattr(details, name) is not None}
    for name in sorted(row.must - given):
        raise Invalid(f"{name}: {step} needs it")
    for name in sorted(given - row.must - row.may - {"note"}):
        takes = ", ".join(sorted(row.must | row.may | {"note"}))
        raise Invalid(f"{name}: {step} does not take it; it takes {takes}")
    for name in ("note", "reason", "cause"):
        if name in given:
            check_note(name, getattr(details, name))
    for name in ("assignee", "approver"):
        if name in given:
            check_name(name, getattr(details, name))
    if details.until is not None:
        check_until("until", details.until, at)


def check_note(field: str, note: str | None) -> str:
    """The note without blanks around it. Raises Invalid for an empty or endless one."""
    words = (note or "").strip()
    if not words:
        raise Invalid(f"{field}: say something")
    if len(words) > MAX_NOTE_CHARS:
        raise Invalid(f"{field}: at most {MAX_NOTE_CHARS} characters")
    return words


def check_name(field: str, name: str) -> str:
    """A person's or a firm's name, as written. Raises Invalid for an empty, endless or unprintable one."""
    if not name.strip() or not name.isprintable():
        raise Invalid(f"{field}: a name is needed")
    if len(name) > MAX_NAME_CHARS:
        raise Invalid(f"{field}: at most {MAX_NAME_CHARS} characters")
    return name


def check_until(field: str, until: datetime, at: datetime) -> None:
    """Raises Invalid for an instant that is past, without a time zone, or further away than `LONGEST_WAIT`."""
    if until.tzinfo is None:
        raise Invalid(f"{field}: an instant needs a time zone")
    if until <= at:
        raise Invalid(f"{field}: it must be in the future")
    if until > at + LONGEST_WAIT:
        raise Invalid(f"{field}: at most {LONGEST_WAIT.days} days from now")


def check_title(title: Text) -> None:
    """Raises Invalid for a title that is empty or endless in any language."""
    for words in (title.en, title.zh_hans, title.zh_hant):
        if not words.strip() or len(words) > 200:
            raise Invalid("title: 1 to 200 characters in every language")
