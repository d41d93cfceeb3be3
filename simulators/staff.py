"""Staff: who can be called in a play.

Promises: the positions that the shipped policies name are held by the cast, by day and by night, and every channel that
a policy names leaves, so that a play shows whom an installation would call. Nothing is sent anywhere. Leaves to others:
what becomes of the calls (`watchkeeper.rehearsal.post`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time

from msgspec.structs import replace

from domain.callout import Callee, Directory, Position, Shift
from domain.escalation import Plan, names_of
from domain.notices import CONSOLE, Channel, ChannelType
from domain.texts import Text, text

FIRM = "firm"
"""The elevator maintenance firm of a play."""

_DAY, _NIGHT = time(8), time(20)

POSITIONS: tuple[Position, ...] = (
    Position(
        name="shift_leader",
        title=text("shift leader", "当班班长", "當班班長"),
        shifts=(
            Shift(begin=_DAY, until=_NIGHT, people=("lin",)),
            Shift(begin=_NIGHT, until=_DAY, people=("wu",)),
        ),
    ),
    Position(name="duty_manager", title=text("duty manager", "值班经理", "值班經理"), people=("chen",)),
    Position(name="manager", title=text("property manager", "项目经理", "項目經理"), people=("zhao",)),
    Position(
        name="elevator_firm", title=text("elevator maintenance firm", "电梯维保单位", "電梯維保單位"), people=(FIRM,)
    ),
)
"""Who holds what in a play that says nothing else."""

_FALLBACK = "duty_manager"


def called_in_a_play(plan: Plan, people: Iterable[str], positions: Iterable[Position] = ()) -> Plan:
    """The plan as it is played: each of `people` and the firm can be reached by every channel that a policy names.

    `positions` stand instead of those of the same name.
    """
    held: Mapping[str, Position] = {
        **plan.directory.positions,
        **{position.name: position for position in (*POSITIONS, *positions)},
    }
    names = {name for _, name in names_of(plan.policies, plan.clocks)} | set(plan.channels)
    channels = {name: _leaving(name, plan.channels.get(name)) for name in sorted(names - {CONSOLE})}
    callees = {name: Callee(name=name, contacts=dict.fromkeys(channels, name)) for name in (*people, FIRM)}
    directory = Directory(people={**plan.directory.people, **callees}, positions=held, fallback=_FALLBACK)
    return replace(plan, directory=directory, channels=channels)


def _leaving(name: str, known: Channel | None) -> Channel:
    """The channel, or one that reaches each person and tells the end in place of one that is the console's."""
    if known is not None and known.type is not ChannelType.CONSOLE:
        return known
    title = known.title if known is not None else Text(name, name, name)
    return Channel(name=name, type=ChannelType.APPRISE, title=title, personal=True, tells_end=True)
