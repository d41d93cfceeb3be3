"""Delays and edges: each told once, at its instant, whenever somebody looks."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerting.judge import RuleInForce, Verdict
from alerting.memory import QUIET, ConditionMemory, Phase
from alerting.settle import NEXT, Move, MoveType, settle
from alerting.view import Truth
from domain.rules import Equals
from tests.alerting.room import rule


def in_force(on_s: int, off_s: int) -> RuleInForce:
    """For life safety: its own delays and no others (`test_chatter` has those that are stretched)."""
    return RuleInForce(
        rule(
            "r",
            Equals(metric="m", value=True),
            on_delay=timedelta(seconds=on_s),
            off_delay=timedelta(seconds=off_s),
            life_safety=True,
        )
    )


def said(holds: Truth) -> Verdict:
    return Verdict(holds, holds, False, (holds,), (None,))


Steps = list[tuple[int, Truth]]
STEPS = st.lists(st.tuples(st.integers(1, 40), st.sampled_from([True, False, None])), max_size=30)
DELAYS = st.integers(0, 60)


def run(which: RuleInForce, steps: Steps, *, restart_at: int | None = None) -> list[tuple[str, int]]:
    """Feed verdicts, each some seconds after the one before. Timers look when something falls due."""
    memory, at_ms, last, moves = QUIET, 0, None, []

    def look(instant_ms: int, holds: Truth) -> None:
        nonlocal memory
        settled = settle(which, memory, said(holds), instant_ms)
        memory = settled.memory
        moves.extend((move.type.value, move.at_ms) for move in settled.moves)

    for number, (gap, holds) in enumerate([*steps, (10_000, None)]):
        until_ms = at_ms + gap * 1000
        if number == restart_at:
            memory = msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=ConditionMemory)
        while memory.due_ms is not None and memory.due_ms <= until_ms:
            look(memory.due_ms, last)
        at_ms, last = until_ms, holds
        if number < len(steps):
            look(at_ms, holds)
    return moves


@given(steps=STEPS, on_s=DELAYS, off_s=DELAYS)
def test_begins_and_ends_alternate_and_never_come_before_their_delay(steps: Steps, on_s: int, off_s: int) -> None:
    moves = run(in_force(on_s, off_s), steps)
    assert [kind for kind, _ in moves] == [("began", "ended")[n % 2] for n in range(len(moves))]
    instants = [sum(gap for gap, _ in steps[: n + 1]) * 1000 for n in range(len(steps))]
    for kind, at_ms in moves:
        held_ms = (on_s if kind == "began" else off_s) * 1000
        start_ms = at_ms - held_ms
        assert start_ms in instants
        contradiction = kind == "ended"
        meanwhile = [holds for t, (_, holds) in zip(instants, steps, strict=True) if start_ms <= t < at_ms]
        assert contradiction not in meanwhile


@given(steps=STEPS, on_s=DELAYS, off_s=DELAYS, restart_at=st.integers(0, 30))
def test_a_restart_anywhere_gives_the_same_edges(steps: Steps, on_s: int, off_s: int, restart_at: int) -> None:
    assert run(in_force(on_s, off_s), steps, restart_at=restart_at) == run(in_force(on_s, off_s), steps)


@given(steps=STEPS, on_s=DELAYS)
def test_what_outlasts_its_on_delay_begins_exactly_once(steps: Steps, on_s: int) -> None:
    steps = [(gap, holds) for gap, holds in steps if holds is not None]
    began = [at_ms for kind, at_ms in run(in_force(on_s, 0), steps) if kind == "began"]
    expected, since, at = [], None, 0
    for gap, holds in [*steps, (10_000, False)]:
        at += gap
        if since is not None and not holds:
            if since + on_s < at or (since + on_s == at):
                expected.append((since + on_s) * 1000)
            since = None
        elif holds and since is None:
            since = at
    assert began == expected


def test_losing_sight_neither_ends_an_alarm_nor_lets_a_return_pass() -> None:
    which = in_force(0, 30)
    active = settle(which, QUIET, said(True), 0).memory
    clearing = settle(which, active, said(False), 10_000).memory
    assert clearing.phase is Phase.CLEARING
    unknown = settle(which, clearing, said(None), 20_000)
    assert (unknown.memory.phase, unknown.moves) == (Phase.ACTIVE, ())
    again = settle(which, unknown.memory, said(False), 30_000).memory
    assert settle(which, again, said(False), 59_999).moves == ()
    assert settle(which, again, said(False), 60_000).moves == (Move(MoveType.ENDED, 60_000),)


def test_a_hold_that_began_before_its_reading_came_is_shorter_by_that() -> None:
    which = in_force(60, 0)
    held = settle(which, QUIET, said(True), 40_000, begins_ms=10_000)
    assert held.memory.due_ms == 70_000
    late = settle(which, QUIET, said(True), 100_000, begins_ms=10_000)
    assert late.moves == (Move(MoveType.BEGAN, 100_000),)


def test_the_table_answers_every_phase_and_every_verdict() -> None:
    assert set(NEXT) == {(phase, holds) for phase in Phase for holds in (True, False, None)}
