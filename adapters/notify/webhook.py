"""Webhook: a notice as an HTTP POST, as a CloudEvent or in the form of Alertmanager.

Promises: signed after the Standard Webhooks scheme (`webhook-id`, `webhook-timestamp`, `webhook-signature`), with the
notice's key as the id, so that a receiver knows a second sending; redirects are not followed; an answer is read to
64 KiB and no longer than the time limit, however slowly it drips. 2xx is taken; 410 means that the receiver is gone;
400, 413 and 422 that it will never take this one; anything else may work later. Leaves to others: trying again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.notify.threads import ChannelThreads
from domain.errors import NotifierUnavailable, Undeliverable
from domain.notices import Notice, Status
from domain.ports.clock import Clock
from domain.ports.notifier import Letter

LIMIT = timedelta(seconds=10)
_MOST_ANSWER_BYTES = 64 * 1024
_NEVER = frozenset({400, 413, 422})
_GONE = 410


class WebhookForm(StrEnum):
    """What the body is."""

    CLOUDEVENTS = "cloudevents"
    ALERTMANAGER = "alertmanager"


class Webhook:
    """One receiver. `key` signs; without one nothing is signed. `ca` is trusted instead of the system's."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        form: WebhookForm = WebhookForm.CLOUDEVENTS,
        key: bytes | None = None,
        ca: Path | None = None,
        clock: Clock,
        limit: timedelta = LIMIT,
    ) -> None:
        self._url, self._form, self._key, self._ca = urlsplit(url), form, key, ca
        self._clock, self._limit_s = clock, limit.total_seconds()
        self._threads = ChannelThreads(name, limit * 2)  # connecting and answering each have the limit

    async def send(self, letter: Letter) -> None:
        """POST it. Raises NotifierUnavailable or Undeliverable."""
        body = msgspec.json.encode(_BODIES[self._form](letter))
        headers = self._headers(letter.notice.key, body)
        await self._threads.run(lambda: self._post(body, headers))

    def close(self) -> None:
        """Send nothing more."""
        self._threads.close()

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        content = "application/cloudevents+json" if self._form is WebhookForm.CLOUDEVENTS else "application/json"
        at = str(int(self._clock.now().timestamp()))
        headers = {"Content-Type": f"{content}; charset=utf-8", "webhook-id": key, "webhook-timestamp": at}
        if self._key is not None:
            headers["webhook-signature"] = sign(self._key, key, at, body)
        return headers

    def _post(self, body: bytes, headers: dict[str, str]) -> None:
        connection = self._connection()
        try:
            connection.connect()
            with _bounded(connection, self._limit_s):
                path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                answer.read(_MOST_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as error:  # ssl's errors are OSErrors
            raise NotifierUnavailable(f"{self._url.hostname} did not answer: {type(error).__name__}") from error
        finally:
            connection.close()
        self._judge(answer.status)

    def _connection(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, self._url.port, timeout=self._limit_s)
        context = ssl.create_default_context(cafile=self._ca)
        return http.client.HTTPSConnection(host, self._url.port, timeout=self._limit_s, context=context)

    def _judge(self, status: int) -> None:
        said = f"{self._url.hostname} answered {status}"
        if status == _GONE:
            raise Undeliverable(f"{said}: the receiver is gone", gone=True)
        if status in _NEVER:
            raise Undeliverable(f"{said}: it will not take this notice")
        if not 200 <= status < 300:
            raise NotifierUnavailable(said)


def sign(key: bytes, notice_key: str, timestamp: str, body: bytes) -> str:
    """The signature of the Standard Webhooks scheme: `v1,` and the base64 of HMAC-SHA256 over id, time and body."""
    digest = hmac.digest(key, f"{notice_key}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


@contextmanager
def _bounded(connection: http.client.HTTPConnection, limit_s: float) -> Iterator[None]:
    """End the exchange at the limit: a receiver that sends a byte now and then would never let a socket time out."""

    def cut() -> None:
        with suppress(OSError):
            connection.sock.shutdown(2)

    timer = threading.Timer(limit_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def cloud_event(letter: Letter) -> dict[str, Any]:
    """The notice as CloudEvents 1.0 JSON. `id` is the notice's key."""
    notice = letter.notice
    return {
        "specversion": "1.0",
        "id": notice.key,
        "source": f"/watchkeeper/sites/{notice.site}",
        "type": f"notice.{notice.status.value}",
        "subject": notice.alarm or notice.work_order or notice.site,
        "time": notice.made_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "site": notice.site,
            "alarm": notice.alarm,
            "work_order": notice.work_order,
            "rule": notice.rule,
            "device": notice.device,
            "building": notice.building,
            "zone": notice.zone,
            "severity": notice.severity.value,
            "life_safety": notice.life_safety,
            "status": notice.status.value,
            "began_at": notice.began_at.isoformat(),
            "whom": msgspec.to_builtins(notice.whom),
            "receivers": list(notice.receivers),
            "text": msgspec.to_builtins(notice.what),
            "because": msgspec.to_builtins(notice.because),
        },
    }


def alertmanager(letter: Letter) -> dict[str, Any]:
    """The notice as Alertmanager's webhook body, version 4: one alert in its own group."""
    notice = letter.notice
    labels = _labels(notice)
    annotations = {"summary": letter.subject, "description": letter.body}
    over = notice.status is Status.RESOLVED
    alert = {
        "status": notice.status.value,
        "labels": labels,
        "annotations": annotations,
        "startsAt": notice.began_at.isoformat(),
        "endsAt": notice.made_at.isoformat() if over else _NO_END,
        "generatorURL": "",
        "fingerprint": hashlib.sha256(repr(sorted(labels.items())).encode()).hexdigest()[:16],
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alarm="{labels["alarm"]}"}}',
        "truncatedAlerts": 0,
        "status": notice.status.value,
        "receiver": notice.channel,
        "groupLabels": {"alarm": labels["alarm"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [alert],
    }


_NO_END = datetime(1, 1, 1, tzinfo=UTC).isoformat()
"""What Alertmanager writes for an alert that goes on."""

_BODIES = {WebhookForm.CLOUDEVENTS: cloud_event, WebhookForm.ALERTMANAGER: alertmanager}


def _labels(notice: Notice) -> dict[str, str]:
    labels = {
        "alertname": notice.rule or "work_order_clock",
        "site": notice.site,
        "alarm": notice.alarm or notice.work_order or "",
        "severity": notice.severity.value,
        "life_safety": str(notice.life_safety).lower(),
        "device": notice.device,
        "building": notice.building,
        "zone": notice.zone,
    }
    return {name: value for name, value in labels.items() if value is not None}
