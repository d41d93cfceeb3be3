"""Crew: what people try at alarms and work orders, from a seed: mostly sensible, sometimes not.

Promises: the same seed gives the same intentions, whatever the alarms are. An intention names a device, or says to go
where something calls; what is tried there depends on what is open. Leaves to others: doing it at the desk
(`watchkeeper.rehearsal.day`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

import msgspec

from domain.people import Role
from domain.workorders import OrderState, Step

VISIT_EVERY = timedelta(minutes=6)
"""Mean time of the site between two visits."""

CALLED_SHARE = 0.8
"""Of the visits, those that go where something calls: what is open is mostly seen and worked on, as in a real site."""

PEOPLE = {
    "lin": Role.OPERATOR,
    "wu": Role.OPERATOR,
    "chen": Role.ENGINEER,
    "zhao": Role.MANAGER,
    "guest": Role.VIEWER,
}

SENSIBLE: dict[OrderState, tuple[Step, ...]] = {
    OrderState.OPEN: (Step.DISPATCH, Step.ACCEPT, Step.ARRIVE),
    OrderState.DISPATCHED: (Step.ACCEPT, Step.ARRIVE, Step.REFUSE),
    OrderState.ACCEPTED: (Step.ARRIVE, Step.FIX, Step.HOLD, Step.TRANSFER),
    OrderState.ON_SITE: (Step.FIX, Step.FIX, Step.HOLD),
    OrderState.WAITING: (Step.RESUME,),
    OrderState.FIXED: (Step.PASS_CHECK, Step.PASS_CHECK, Step.FAIL_CHECK),
    OrderState.CHECKED: (Step.FOLLOW_UP, Step.SKIP_FOLLOW_UP, Step.COMPLAIN),
    OrderState.FOLLOWED_UP: (Step.CLOSE,),
}
"""What somebody who knows the trade would do next."""


class Verb(StrEnum):
    """What a visit is for."""

    SEE = "see"  # acknowledge what is there
    GO = "go"  # be there where life is in danger
    END = "end"
    COMMENT = "comment"
    WORK = "work"  # the next sensible step of each order
    MEDDLE = "meddle"  # any step at all
    PROMISE = "promise"
    PLAN = "plan"
    STAMP = "stamp"
    RAISE = "raise"
    RACE = "race"  # two acknowledge at once
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    TAKE_OUT = "take_out"
    TEST = "test"
    TAKE_BACK = "take_back"  # end what was put aside, taken out or put under test


_WEIGHTS = {Verb.SEE: 7, Verb.GO: 7, Verb.END: 3, Verb.WORK: 10, Verb.RACE: 2, Verb.TAKE_BACK: 2}
"""How often a visit is for it; all others once."""


class Visit(msgspec.Struct, frozen=True):
    """Somebody looks after one device. `salt` decides whatever else must be decided.

    `called`: whatever calls comes first, and `device` only when nothing does.
    """

    at: datetime
    who: str
    role: Role
    device: str
    verb: Verb
    salt: int
    called: bool


def visits(devices: list[str], *, seed: str, start: datetime) -> Iterator[Visit]:
    """Visits without end, in order."""
    rng = Random(f"{seed}/crew")
    verbs = [verb for verb in Verb for _ in range(_WEIGHTS.get(verb, 1))]
    at = start
    while True:
        at += VISIT_EVERY * rng.expovariate(1.0)
        who = rng.choice(sorted(PEOPLE))
        device, verb, salt = rng.choice(devices), rng.choice(verbs), rng.randrange(1 << 30)
        yield Visit(at, who, PEOPLE[who], device, verb, salt, called=rng.random() < CALLED_SHARE)
