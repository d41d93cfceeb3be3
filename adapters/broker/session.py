"""A persistent MQTT 5 session: our own asyncio protocol over the codec.

Promises: `domain.ports.broker.Inbox` and `Publisher`. It connects in the background and again after every loss, with
growing, spread pauses; the broker keeps the session meanwhile and sends unacknowledged messages again. It subscribes
on its first connection and whenever the broker lost the session. A trouble is logged once, not on every try.
Receiving costs no task, future or lock a message: acknowledging late in batches is 10 to 20 times cheaper so than
with the client libraries that were measured.

Messages without QoS 1 are tolerated: QoS 0 is delivered without promise, QoS 2 is asked to be sent at 1. A broker
that sends more than the receive maximum (Mosquitto 2.0.11 does) is tolerated too. What waits in memory is bounded by
the receive maximum and by bytes (`adapters.broker.connection`): beyond them the broker keeps it. While reading is
paused for that reason, acknowledgements of our own publications are not read either: what publishes under load
should have a session without filters of its own.

Leaves to others: what is done with messages. Its waits are the machine's time; its clock only stamps messages.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

from adapters.broker import codec
from adapters.broker.address import BrokerAddress
from adapters.broker.connection import Connection, Counters, Taken
from adapters.clock import SystemClock
from domain.backoff import pause_after
from domain.errors import BrokerUnavailable, Invalid
from domain.instants import to_ms
from domain.ports.clock import Clock

log = structlog.get_logger()

KEEP_ALIVE = timedelta(seconds=30)
HANDSHAKE_LIMIT = timedelta(seconds=10)
"""Connecting and signing in together, then each answer since anything was heard; after that it is tried again."""
PUBLISH_LIMIT = timedelta(seconds=10)
FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=5)
"""An alarm waits for the broker's return: rather a login every 5 s than a minute's delay."""
STEADY = timedelta(seconds=10)
"""A connection that lasted this long was a good one; the pauses begin small again. Two sessions with one client id
throw each other out at once, and so slow down."""
_CLOSING_LIMIT = timedelta(seconds=1)

T = TypeVar("T")


class MqttSession:
    """One session at one broker, named by `client_id`; run it with `async with`.

    `filters` are what it subscribes to; none makes a session that only publishes. `receive_maximum` (1 to 65535) is
    how many unacknowledged messages the broker may send: several times the batch that is taken. `session_expiry` is
    how long the broker keeps the session while we are away; with `clean_start` an old session is forgotten when this
    one first connects. `leave` are filters that the session may have from before and gives up, after it has
    subscribed: what the broker keeps for it by them still comes.

    `resumed` says of the newest connection whether the broker had the session; None before the first.
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        filters: tuple[str, ...] = (),
        receive_maximum: int = 10_000,
        session_expiry: timedelta = timedelta(days=1),
        clean_start: bool = False,
        clock: Clock | None = None,
        leave: tuple[str, ...] = (),
    ) -> None:
        self.address, self.client_id, self.filters = address, client_id, filters
        self.counters = Counters()
        self.resumed: bool | None = None
        self._leave = leave
        self.last_error: str | None = None
        self._receive_maximum, self._session_expiry = receive_maximum, session_expiry
        self._clean_start = clean_start
        self._clock = clock or SystemClock()
        self._connection: Connection | None = None
        self._connected_since_ms: int | None = None
        self._subscribed = False
        self._closed = False
        self._trouble: str | None = None
        self._changed = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    # Running.

    async def __aenter__(self) -> Self:
        """Begin to connect in the background; `connected` says when it is up."""
        self._running = asyncio.create_task(self._keep_connected(), name=f"mqtt {self.client_id}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send what is to be sent, say goodbye. The broker keeps the session."""
        self._closed = True
        connection = self._connection
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait((self._running,))
        if connection is not None:
            connection.disconnect()
            await asyncio.wait((connection.ended,), timeout=_CLOSING_LIMIT.total_seconds())
            connection.drop(BrokerUnavailable("the session was closed"))
        self._went_down()

    async def _keep_connected(self) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                connection = await self._open()
                self._came_up()
                await asyncio.wait((connection.ended,))  # awaited directly, a stop would cancel the future itself
                why = connection.ended.result()
            except BrokerUnavailable as error:
                why = error
            except Exception as error:  # the one loop of this file: whatever it is, the next try may work
                why = BrokerUnavailable(f"unexpected: {error!r}")
                if str(why) != self._trouble:
                    log.exception("broker session failed", client_id=self.client_id)
            self._went_down()
            self._tell(str(why))
            failures = 1 if loop.time() - began > STEADY.total_seconds() else failures + 1
            pause = pause_after(failures, first=FIRST_PAUSE, most=LONGEST_PAUSE, chance=random.random())  # noqa: S311
            await asyncio.sleep(pause.total_seconds())

    async def _open(self) -> Connection:
        """A connection that is signed in and subscribed. Raises BrokerUnavailable, saying why not."""
        connection: Connection | None = None
        try:
            async with asyncio.timeout(HANDSHAKE_LIMIT.total_seconds()):
                _, connection = await asyncio.get_running_loop().create_connection(
                    self._new_connection, self.address.host, self.address.port, ssl=self.address.tls()
                )
                await self._sign_in(connection)
            await self._subscribe(connection)
        except TimeoutError:
            error = BrokerUnavailable(f"no answer from {self.address} within {HANDSHAKE_LIMIT.total_seconds():.0f} s")
        except OSError as cause:
            error = BrokerUnavailable(f"cannot reach {self.address}: {cause.strerror or cause}")
        except ValueError as cause:  # a name that no packet, or no resolver, can hold
            error = BrokerUnavailable(f"cannot sign in at {self.address}: {cause}")
        except BrokerUnavailable as cause:
            error = cause
        except asyncio.CancelledError:
            if connection is not None:
                connection.drop(BrokerUnavailable("the session was closed"))
            raise
        else:
            return connection
        if connection is not None:
            connection.drop(error)
        raise error

    def _new_connection(self) -> Connection:
        return Connection(
            now_ms=self._now_ms,
            arrived=self._changed.set,
            counters=self.counters,
            most_held=self._receive_maximum,
        )

    async def _sign_in(self, connection: Connection) -> None:
        user = self.address.username or "an anonymous user"
        packet = codec.connect(
            self.address,
            client_id=self.client_id,
            clean_start=self._clean_start,
            keep_alive=KEEP_ALIVE,
            session_expiry=self._session_expiry,
            receive_maximum=self._receive_maximum,
        )
        try:
            answer = await connection.connect(packet, keep_alive=KEEP_ALIVE)
        except BrokerUnavailable as error:  # the embedded broker closes without a word on a wrong password
            raise BrokerUnavailable(
                f"{self.address} did not answer the login of {user} ({error}); check the user name and the password"
            ) from error
        if codec.refused(answer.reason_code):
            raise BrokerUnavailable(
                f"{self.address} refused the login of {user}: {codec.words(answer.reason_code)}; "
                f"check the user name and the password"
            )
        self._clean_start = False  # only the first time: a reconnect must find what was kept
        # From here on messages can be taken: the embedded broker answers a subscription only after what it sent again
        # is acknowledged.
        self._connection = connection
        self._changed.set()
        self.resumed = answer.session_present

    async def _subscribe(self, connection: Connection) -> None:
        if self.filters and not (self.resumed and self._subscribed):
            granted = await self._behind_messages(connection, connection.subscribe(self.filters))
            self._refuse(self.filters, granted.reason_codes, "subscription to")
            self._subscribed = True
        if self._leave and self.resumed:
            given_up = await self._behind_messages(connection, connection.unsubscribe(self._leave))
            self._refuse(self._leave, given_up.reason_codes, "end of the subscription to")
        self._leave = ()

    async def _behind_messages(self, connection: Connection, asking: Coroutine[Any, Any, T]) -> T:
        """An answer that may stand behind all that the broker sends again.

        While that comes, or waits because too much of it is held here, no time counts. Raises TimeoutError.
        """
        answering = asyncio.ensure_future(asking)
        try:
            while not answering.done():
                heard = self.counters.received
                await asyncio.wait((answering,), timeout=HANDSHAKE_LIMIT.total_seconds())
                if not answering.done() and not connection.paused and self.counters.received == heard:
                    raise TimeoutError
            return answering.result()
        finally:
            answering.cancel()

    def _refuse(self, filters: Sequence[str], reasons: Sequence[int], what: str) -> None:
        for pattern, reason in zip(filters, reasons, strict=False):
            if codec.refused(reason):
                raise BrokerUnavailable(f"{self.address} refused the {what} {pattern}: {codec.words(reason)}")

    def _came_up(self) -> None:
        self._connected_since_ms = self._now_ms()
        self.counters.connections += 1
        self._tell(None)

    def _went_down(self) -> None:
        self._connection = None
        self._connected_since_ms = None
        self._changed.set()

    def _tell(self, trouble: str | None) -> None:
        """Log a change of what is wrong, once."""
        if trouble is not None:
            self.last_error = trouble
        if trouble is None:
            log.info("broker connected", client_id=self.client_id, broker=str(self.address))
        elif trouble != self._trouble:
            log.warning("broker away", client_id=self.client_id, broker=str(self.address), error=trouble)
        self._trouble = trouble

    def _now_ms(self) -> int:
        return to_ms(self._clock.now())

    # domain.ports.broker.Inbox

    async def take(self, most: int) -> Taken:
        """Wait for at least one message; return all that have arrived, `most` at the most.

        Raises BrokerUnavailable only after the session was closed.
        """
        while True:
            if self._connection is not None and self._connection.backlog:
                return self._connection.take(most)
            if self._closed:
                raise BrokerUnavailable("the session was closed")
            self._changed.clear()
            await self._changed.wait()

    @property
    def connected(self) -> bool:
        """Whether the session is up now: signed in and subscribed."""
        return self._connected_since_ms is not None

    @property
    def connected_since_ms(self) -> int | None:
        """When the present connection came up, epoch milliseconds; None while there is none."""
        return self._connected_since_ms

    @property
    def backlog(self) -> int:
        """Messages received and not yet taken."""
        return 0 if self._connection is None else self._connection.backlog

    async def answers(self) -> bool:
        """Whether the broker answers now. What it sent before its answer has arrived then."""
        connection = self._connection
        if connection is None or not self.connected:
            return False
        try:
            async with asyncio.timeout(HANDSHAKE_LIMIT.total_seconds()):
                await connection.ping()
        except (TimeoutError, BrokerUnavailable):
            return False
        return True

    # domain.ports.broker.Publisher

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1 and return after the broker's acknowledgement.

        Raises BrokerUnavailable while there is no connection, when it ends before the acknowledgement, when none
        comes in 10 s, or when the broker refuses; Invalid for a topic or payload that no packet can hold.
        """
        connection = self._connection
        if connection is None:
            raise BrokerUnavailable(self.last_error or f"not connected to {self.address} yet")
        try:
            async with asyncio.timeout(PUBLISH_LIMIT.total_seconds()):
                reason = await connection.outgoing.send(
                    lambda packet_id: codec.publish(packet_id, topic, payload, retain=retain)
                )
        except TimeoutError:
            raise BrokerUnavailable(f"{self.address} did not acknowledge a publication") from None
        except ValueError as error:
            raise Invalid(f"cannot be published: {error}") from error
        if codec.refused(reason):
            raise BrokerUnavailable(f"{self.address} refused the publication to {topic}: {codec.words(reason)}")
        self.counters.published += 1
