"""Device clocks: whether what a device dates its readings by can be gone by, from one reading to the next.

    wrong    its `ts` lies over 5 min ahead or 7 days behind: time of receipt is used (`devices.decode`)
    stuck    its `ts` does not move: three readings of one instant that contradict each other, or the same instant again
             and again for five minutes
    behind   its clock was set back: for a minute nothing newer came, and what came ran on at the pace of our own clock.
             A backlog that is sent late runs faster than that, or comes between newer readings

Without this a device whose clock stands still, or was set back by an hour, would be heard and yet be blind: everything
it says is older than what is known. While it is stuck it is judged in the order of arrival; when it is set back its
watermark is (`alerting.facts`). Of a stuck clock history keeps the first value of each metric at that instant, because
nothing tells the later ones from repetitions: the condition is raised so that this is never silent.

Promises: pure functions over a few numbers and one transition table; the usual reading, a little newer than the one
before, costs one comparison. A reading that comes again changes nothing but a count: only one that is newer than
everything the device ever said shows that its clock was put right. Leaves to others: what follows for facts, the rule
that makes an alarm of it (`devices.clock`).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from domain.readings import AHEAD_LIMIT_MS

CONTRADICTIONS = 3
"""Readings of one instant that say otherwise: two can share a second of a coarse clock."""

REPEATED_LEAST = 5
REPEATED_FOR_MS = 5 * 60 * 1000
"""One instant again and again, also when nothing contradicts: a broker delivers again once, not for minutes."""

SET_BACK_FOR_MS = 60_000
PACE_SLACK_MS = 5_000
PACE_SLACK_SHARE = 0.1
"""How far the pace of a clock that was set back may be from ours: what is under way and the tick of a report."""


class ClockState(StrEnum):
    """How a device's clock stands. The words are values of `devices.clock.DEVICE_CLOCK`."""

    RIGHT = "right"
    WRONG = "wrong"
    STUCK = "stuck"
    BEHIND = "behind"


class Sign(StrEnum):
    """What a reading's `ts` gives away."""

    UNBELIEVED = "unbelieved"
    NEAR = "near"  # newer than the one before, and within 5 min of our own clock
    FAR = "far"  # newer than the one before, but old: it was long under way, or its clock is behind
    SAID_BEFORE = "said_before"  # newer than the one before, but not than what it said before it was set back
    STUCK = "stuck"
    SET_BACK = "set_back"


_S, _G = ClockState, Sign

NEXT: dict[tuple[ClockState, Sign], ClockState] = {
    (_S.RIGHT, _G.UNBELIEVED): _S.WRONG,
    (_S.RIGHT, _G.NEAR): _S.RIGHT,
    (_S.RIGHT, _G.FAR): _S.RIGHT,  # a report that was kept while the network was away
    (_S.RIGHT, _G.SAID_BEFORE): _S.RIGHT,  # it comes again
    (_S.RIGHT, _G.STUCK): _S.STUCK,
    (_S.RIGHT, _G.SET_BACK): _S.BEHIND,
    (_S.WRONG, _G.UNBELIEVED): _S.WRONG,
    (_S.WRONG, _G.NEAR): _S.RIGHT,  # put right
    (_S.WRONG, _G.FAR): _S.RIGHT,  # within what is believed
    (_S.WRONG, _G.SAID_BEFORE): _S.WRONG,  # it comes again
    (_S.WRONG, _G.STUCK): _S.STUCK,
    (_S.WRONG, _G.SET_BACK): _S.BEHIND,
    (_S.STUCK, _G.UNBELIEVED): _S.WRONG,
    (_S.STUCK, _G.NEAR): _S.RIGHT,  # it has moved on often enough
    (_S.STUCK, _G.FAR): _S.RIGHT,
    (_S.STUCK, _G.SAID_BEFORE): _S.BEHIND,  # it had been set back before it stood still, and goes on from there
    (_S.STUCK, _G.STUCK): _S.STUCK,
    (_S.STUCK, _G.SET_BACK): _S.BEHIND,
    (_S.BEHIND, _G.UNBELIEVED): _S.WRONG,
    (_S.BEHIND, _G.NEAR): _S.RIGHT,  # put right
    (_S.BEHIND, _G.FAR): _S.BEHIND,  # it goes, but it is still not where ours is
    (_S.BEHIND, _G.SAID_BEFORE): _S.BEHIND,  # it goes on from where it was set to, or comes again
    (_S.BEHIND, _G.STUCK): _S.STUCK,
    (_S.BEHIND, _G.SET_BACK): _S.BEHIND,
}


class ClockMemory(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is remembered of a device's clock.

    `contradictions`, `repeats`: how often its newest instant came again, otherwise and at all; `since_ms` our own clock
    when that began. `late`: a late reading by both clocks (device, ours), to compare the next ones with.
    """

    state: ClockState = ClockState.RIGHT
    contradictions: int = 0
    repeats: int = 0
    since_ms: int | None = None
    late: tuple[int, int] | None = None


FINE = ClockMemory()


def unbelieved(memory: ClockMemory) -> ClockMemory:
    """After a `ts` that cannot be believed."""
    return ClockMemory(NEXT[memory.state, Sign.UNBELIEVED])


def told_before(told_ms: int | None, at_ms: int, received_ms: int) -> bool:
    """Whether an instant is no newer than the newest that the device ever told of, so that it may come again.

    One that our own clock does not believe (any more) does not count: it was ours that was wrong.
    """
    return told_ms is not None and at_ms <= told_ms <= received_ms + AHEAD_LIMIT_MS


def moved_on(memory: ClockMemory, at_ms: int, received_ms: int, told_ms: int | None = None) -> ClockMemory:
    """After a reading that is newer than the watermark. `told_ms`: the newest instant it ever told of, also before it
    was set back.
    """
    if memory is FINE or memory == FINE:
        return FINE
    if told_before(told_ms, at_ms, received_ms):
        sign = Sign.SAID_BEFORE
    else:
        sign = Sign.NEAR if received_ms - at_ms <= AHEAD_LIMIT_MS else Sign.FAR
    if memory.contradictions > 1:  # a clock that stands still for most of a minute and then jumps is stuck as well
        return ClockMemory(memory.state, memory.contradictions - 1)
    return ClockMemory(NEXT[memory.state, sign])


def stood_still(memory: ClockMemory, received_ms: int, *, contradicts: bool) -> ClockMemory:
    """After a telemetry reading of the newest instant, once more."""
    contradictions = min(memory.contradictions + contradicts, CONTRADICTIONS)
    repeats = min(memory.repeats + 1, REPEATED_LEAST)
    since_ms = received_ms if memory.since_ms is None else memory.since_ms
    long = repeats >= REPEATED_LEAST and received_ms - since_ms >= REPEATED_FOR_MS
    if contradictions >= CONTRADICTIONS or long:
        return ClockMemory(NEXT[memory.state, Sign.STUCK], CONTRADICTIONS, repeats, since_ms)
    return ClockMemory(memory.state, contradictions, repeats, since_ms, memory.late)


def fell_behind(memory: ClockMemory, at_ms: int, received_ms: int) -> tuple[ClockMemory, bool]:
    """After a late telemetry reading; and whether it shows that the clock was set back."""
    if memory.state is ClockState.STUCK:
        return memory, False
    if memory.late is None:
        return msgspec.structs.replace(memory, late=(at_ms, received_ms)), False
    by_device_ms, by_ours_ms = at_ms - memory.late[0], received_ms - memory.late[1]
    if by_device_ms == 0:
        return _stands_behind(memory, by_ours_ms), False
    if by_ours_ms < SET_BACK_FOR_MS:
        return memory, False
    slack_ms = max(PACE_SLACK_MS, int(by_ours_ms * PACE_SLACK_SHARE))
    if abs(by_device_ms - by_ours_ms) > slack_ms:
        return msgspec.structs.replace(memory, late=(at_ms, received_ms)), False
    return ClockMemory(NEXT[memory.state, Sign.SET_BACK]), True


def _stands_behind(memory: ClockMemory, for_ms: int) -> ClockMemory:
    """After the same late instant once more, `for_ms` after its first time: it was set back, and does not go."""
    repeats = min(memory.repeats + 1, REPEATED_LEAST)
    if repeats >= REPEATED_LEAST and for_ms >= SET_BACK_FOR_MS:
        return ClockMemory(NEXT[memory.state, Sign.STUCK], CONTRADICTIONS, repeats)
    return msgspec.structs.replace(memory, repeats=repeats)
