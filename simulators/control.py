"""Faults on command: telling a running fleet, from another process, to break or mend a device.

Promises: commands travel over the broker on `wk-simulators/v1/{site}/...`, outside the device contract, and each is
answered. Leaves to others: what a fault does (`devices`).
"""

from __future__ import annotations

import asyncio
import secrets

import msgspec

from domain.errors import Invalid, NotFound
from simulators.wire import Link, Login, Place

_ANSWER_SECONDS = 5.0
_PRESENCE_SECONDS = 1.5


def command_topic(site: str) -> str:
    """Where a fleet listens."""
    return f"wk-simulators/v1/{site}/command"


def answer_topic(site: str) -> str:
    """Where a fleet answers."""
    return f"wk-simulators/v1/{site}/answer"


def presence_topic(site: str) -> str:
    """Where a fleet says, retained, that it is there."""
    return f"wk-simulators/v1/{site}/status"


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Break a device (`fault` named) or mend it (`fault` None)."""

    id: str
    device: str
    fault: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """How a command ended; `problem` is empty when it was done."""

    id: str
    problem: str = ""


def parse_fault(text: str) -> tuple[str, str]:
    """`"entrapment:E-03"` as (fault, device). Raises Invalid, naming the form."""
    fault, separator, device = text.partition(":")
    if not separator or not fault or not device:
        raise Invalid(f"{text!r} is not a fault; write it like entrapment:E-03")
    return fault, device


async def tell_fleet(place: Place, login: Login, site: str, *, device: str, fault: str | None) -> bool:
    """Tell the running fleet of a site; False when none is there. Raises NotFound with its answer when it cannot."""
    present, answered = asyncio.Event(), asyncio.Event()
    command = Command(secrets.token_hex(8), device, fault)
    answers: list[Answer] = []

    async def incoming(topic: str, payload: bytes) -> None:
        if topic == presence_topic(site) and payload == b"online":
            present.set()
        elif topic == answer_topic(site):
            answer = msgspec.json.decode(payload, type=Answer)
            if answer.id == command.id:
                answers.append(answer)
                answered.set()

    filters = (presence_topic(site), answer_topic(site))
    async with Link(place, login, filters=filters, incoming=incoming) as link:
        if not await _happened(present, _PRESENCE_SECONDS):
            return False
        await link.publish(command_topic(site), msgspec.json.encode(command))
        if not await _happened(answered, _ANSWER_SECONDS):
            raise NotFound(f"the fleet of {site} did not answer within {_ANSWER_SECONDS:.0f} s")
    if answers[0].problem:
        raise NotFound(answers[0].problem)
    return True


async def _happened(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
