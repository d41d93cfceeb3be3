"""A turn: messages taken together, as what is to be stored and what is to be set aside.

Promises: no message is lost between the two, whatever it holds; readings without an own instant that came in the
same millisecond do not hide each other, whichever replica they came to. Leaves to others: merging readings of one
identity (the history port does it within a batch as well as across batches, so it is not done twice), doing anything
with them (`ingest.loop`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from devices.decode import decode
from domain.kinds import Kind
from domain.readings import Decoded, Message, Reading, Reject, RejectReason


class SetAside(msgspec.Struct, frozen=True, gc=False):
    """What goes to quarantine: a payload on a topic, and why."""

    topic: str
    payload: bytes
    reject: Reject


class Turn(msgspec.Struct, frozen=True):
    """What a batch of messages holds, in its order."""

    readings: list[Reading]
    set_aside: list[SetAside]


class Replica(msgspec.Struct, frozen=True):
    """Which of how many ingest processes this is; ordinals count from 0."""

    ordinal: int = 0
    replicas: int = 1

    def own_ms(self, at_ms: int) -> int:
        """The first millisecond at or after this one that no other replica gives to a reading.

        Two replicas cannot know of each other what they gave to readings without `ts`; with the same one, of two
        messages that say different things one would be taken for the other's repetition.
        """
        count = max(self.replicas, self.ordinal + 1)
        return at_ms + (self.ordinal - at_ms) % count


LONE = Replica()
"""One ingest without others."""


class TurnReader:
    """Reads batches one after the other. It remembers only what keeps readings without `ts` apart."""

    def __init__(self, kinds: Mapping[str, Kind], replica: Replica = LONE) -> None:
        self._kinds, self._replica = kinds, replica
        self._before: dict[tuple[str, str, str], int] = {}

    def read(self, messages: Sequence[Message]) -> Turn:
        """The messages' readings, and what of them is bad."""
        readings: list[Reading] = []
        set_aside: list[SetAside] = []
        unstamped: dict[tuple[str, str, str], int] = {}
        kinds = self._kinds
        for message in messages:
            try:
                decoded = decode(message, kinds)
            except Exception as error:  # a fault of ours must not make the broker send it for ever
                decoded = Decoded(rejects=(Reject(RejectReason.WRONG_SHAPE, f"cannot be decoded: {error!r}"),))
            for reading in decoded.readings:
                readings.append(reading if reading.sent_ms is not None else self._apart(reading, unstamped))
            for reject in decoded.rejects:
                set_aside.append(SetAside(message.topic, message.payload, reject))
        self._before = unstamped
        return Turn(readings, set_aside)

    def _apart(self, reading: Reading, unstamped: dict[tuple[str, str, str], int]) -> Reading:
        """A reading without `ts` with an instant of its own, a millisecond or so later where the same one is taken.

        Its time of receipt is its identity, and a broker hands over many messages in one millisecond: an `offline`
        and the `online` after it would be one reading. One read of the socket spans two turns at the most, so the
        turn before is all that has to be remembered.
        """
        stream = (reading.site, reading.device, reading.channel)
        taken = unstamped.get(stream, self._before.get(stream, -1))
        at_ms = self._replica.own_ms(max(reading.at_ms, taken + 1))
        unstamped[stream] = at_ms
        return reading if at_ms == reading.at_ms else msgspec.structs.replace(reading, at_ms=at_ms)
