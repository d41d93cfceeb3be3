"""Settle: from a verdict to an edge. Delays, and what began or ended.

Promises: one pure function over one table. A condition must outlast its on-delay before it begins and its off-delay
before it ends, a longer one while it chatters; each edge is told once, at the instant at which it fell due, whenever
somebody looks. Unknown (None) begins nothing and ends nothing: a hold goes on through it, a return is put off by it.
Leaves to others: the verdict (`alerting.judge`), what chatter is (`alerting.chatter`), whom it is told
(`alerting.examine` makes signals of moves).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from alerting.chatter import after_raise, chatters, recent, stretched_ms
from alerting.judge import Verdict
from alerting.memory import ConditionMemory, Phase, Remembered
from alerting.view import Truth

_P = Phase

NEXT: dict[tuple[Phase, Truth], Phase] = {
    (_P.QUIET, True): _P.HOLDING,  # its on-delay starts, be it zero
    (_P.QUIET, None): _P.QUIET,
    (_P.QUIET, False): _P.QUIET,
    (_P.HOLDING, True): _P.HOLDING,
    (_P.HOLDING, None): _P.HOLDING,  # losing sight of it is no proof that it ended
    (_P.HOLDING, False): _P.QUIET,  # too short to count
    (_P.ACTIVE, True): _P.ACTIVE,
    (_P.ACTIVE, None): _P.ACTIVE,  # an alarm never ends because its sensor broke
    (_P.ACTIVE, False): _P.CLEARING,  # its off-delay starts, be it zero
    (_P.CLEARING, True): _P.ACTIVE,
    (_P.CLEARING, None): _P.ACTIVE,  # it must be certainly normal for the whole off-delay
    (_P.CLEARING, False): _P.CLEARING,
}
"""What a verdict makes of a phase; a delay that has run out then moves it on."""


class MoveType(StrEnum):
    """What there is to tell."""

    BEGAN = "began"
    AGAIN = "again"  # asserted anew while it lasts: a second press
    HELD_ON = "held_on"  # telemetry says that the button is still held
    ENDED = "ended"


class Move(msgspec.Struct, frozen=True, gc=False):
    """An edge, at the instant (our own clock) at which it fell due. `chatters`: with this begin it chatters."""

    type: MoveType
    at_ms: int
    chatters: bool = False


class Delayed(Protocol):
    """What settling needs of a rule: its delays, what its leaves remember when they remember nothing, and whether its
    off-delay may be stretched.
    """

    @property
    def on_delay_ms(self) -> int: ...

    @property
    def off_delay_ms(self) -> int: ...

    @property
    def nothing(self) -> tuple[Remembered, ...]: ...

    @property
    def may_stretch(self) -> bool: ...


class Settled(msgspec.Struct, frozen=True, gc=False):
    """What a rule remembers now, and what there is to tell."""

    memory: ConditionMemory
    moves: tuple[Move, ...] = ()


def settle(
    rule: Delayed, memory: ConditionMemory, verdict: Verdict, at_ms: int, begins_ms: int | None = None
) -> Settled:
    """What `verdict`, found at `at_ms` on our own clock, makes of the rule.

    `begins_ms`, at or before `at_ms`, is when a hold that starts now began in truth: a late reading has lasted since.
    """
    before = memory.phase
    phase = NEXT[before, verdict.holds]
    since_ms = memory.since_ms if phase is before else None
    moves: tuple[Move, ...] = ()
    due_ms = verdict.review_ms
    raises, chattering = memory.raises, memory.chattering
    if phase is Phase.HOLDING:
        if since_ms is None:
            since_ms = at_ms if begins_ms is None else min(begins_ms, at_ms)
            seen_ms = at_ms
        else:
            seen_ms = since_ms
        outlasts_ms = since_ms + rule.on_delay_ms
        if at_ms >= outlasts_ms:
            phase, since_ms = Phase.ACTIVE, None
            began_ms = max(outlasts_ms, seen_ms)
            if rule.may_stretch:
                raises = after_raise(raises, began_ms)
                chattering = chatters(raises)
            moves = (Move(MoveType.BEGAN, began_ms, chattering),)
        else:
            due_ms = outlasts_ms if due_ms is None else min(due_ms, outlasts_ms)
    elif phase is Phase.CLEARING:
        since_ms = at_ms if since_ms is None else since_ms
        outlasts_ms = since_ms + (stretched_ms(rule.off_delay_ms) if chattering else rule.off_delay_ms)
        if at_ms >= outlasts_ms:
            phase, since_ms = Phase.QUIET, None
            moves = (Move(MoveType.ENDED, outlasts_ms),)
            chattering = False
        else:
            due_ms = outlasts_ms if due_ms is None else min(due_ms, outlasts_ms)
    elif phase is Phase.ACTIVE and verdict.pressed:
        moves = (Move(MoveType.AGAIN, at_ms),)
    elif phase is Phase.ACTIVE and verdict.still:
        moves = (Move(MoveType.HELD_ON, at_ms),)
    if raises and phase is Phase.QUIET:
        raises = recent(raises, at_ms)
    leaves = () if verdict.leaves == rule.nothing else verdict.leaves
    after = ConditionMemory(
        phase, verdict.when is True, since_ms, leaves, due_ms, memory.told, memory.late, raises, chattering
    )
    return Settled(after, moves)
