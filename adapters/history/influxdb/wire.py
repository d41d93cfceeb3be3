"""The wire: lines to InfluxDB, InfluxQL to it and rows back.

Promises: lines go compressed, in requests of bounded size; what may pass (a dropped connection, 429, 5xx) is tried
again at once, twice at the most; no call hangs longer than its time limits; every failure leaves as
`HistoryUnavailable`, but for a request that the server understood and refuses for good: that is `Refused`. What a
server drops because it is older than its retention is neither: it counts as stored.
Leaves to others: what is in a line (`fields`), longer patience and finding the refused line (`ingest`).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlencode

import msgspec
import structlog
import urllib3
from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.connectionpool import ConnectionPool
from urllib3.response import BaseHTTPResponse

from adapters.history.influxdb.address import InfluxAddress, Mode
from domain.errors import HistoryUnavailable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CONNECT_SECONDS = 2.0
READ_SECONDS = 8.0
"""A server that compacts may take a second or two for a batch; one that is silent for longer is away."""

MOST_LINES = 5000
MOST_BYTES = 4 * 1024 * 1024
"""In one request, before compression. Servers refuse 25 MB (1.x) or 50 MB (2.x)."""

_PASSING = frozenset({429, 500, 502, 503, 504})
_REFUSING = frozenset({400, 413, 422})
_TOLD_CHARS = 300

log = structlog.get_logger(__name__)


class Refused(ValueError):
    """The server understood and will never take this: a value of another type than its field has, a bad line."""


class Series(msgspec.Struct):
    """Rows of one measurement, or of one combination of `tags` of it."""

    columns: list[str]
    name: str = ""
    tags: dict[str, str] = {}
    values: list[list[Any]] = []
    partial: bool = False

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row by column; what it has no value for is left out."""
        for row in self.values:
            yield {column: value for column, value in zip(self.columns, row, strict=True) if value is not None}


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str | None = None


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str | None = None


class _Again(urllib3.Retry):
    """Tries again what may pass at once. A server that does not answer is not asked twice: that doubles the wait."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


_AGAIN = _Again(
    total=2,
    connect=0,
    redirect=0,
    backoff_factor=0.2,
    status_forcelist=_PASSING,
    allowed_methods=None,  # writing a line again changes nothing
    raise_on_status=False,
    respect_retry_after_header=False,  # how long to wait is the caller's to say
)


class Wire(Protocol):
    """A server, as the two modes know it."""

    def write(self, lines: Sequence[bytes]) -> None:
        """Store lines with nanosecond timestamps, durable on return. Raises HistoryUnavailable, Refused."""
        ...

    def query(self, statements: Sequence[str]) -> list[list[Series]]:
        """The series of each statement. Raises HistoryUnavailable."""
        ...

    def drop(self, measurement: str, before_ns: int) -> None:
        """Let go of a measurement's points from before a time. Raises HistoryUnavailable, Refused."""
        ...

    def close(self) -> None:
        """Drop the connections."""
        ...


def open_wire(address: InfluxAddress) -> Wire:
    """The wire for an address. Connects only when it is used."""
    return _V1Wire(address) if address.mode is Mode.V1 else _V2Wire(address)


class _Querying:
    """What both modes share: asking, which is plain HTTP of 1.x in every version."""

    def __init__(self, address: InfluxAddress, headers: Mapping[str, str]) -> None:
        self._address = address
        self._url = address.url.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=4,
            headers={**headers, "Accept-Encoding": "gzip"},
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=_AGAIN,
        )

    def query(self, statements: Sequence[str]) -> list[list[Series]]:
        """See `Wire.query`."""
        fields = {"db": self._address.bucket, "epoch": "ns", "q": "; ".join(statements)}
        with told(self._address):
            response = self._pool.request("POST", f"{self._url}/query", fields=fields, encode_multipart=False)
        if response.status != 200:
            raise HistoryUnavailable(_complaint(self._address, response.status, response.data))
        try:
            answer = msgspec.json.decode(response.data, type=_Answer)
        except ValueError as error:
            raise HistoryUnavailable(f"{self._address.url}: this is not an answer of InfluxDB: {error}") from error
        for failure in (answer.error, *(result.error for result in answer.results)):
            if failure is not None:
                raise HistoryUnavailable(f"{self._address.url}: {failure[:_TOLD_CHARS]}")
        found = [result.series for result in answer.results]
        if any(series.partial for each in found for series in each):
            raise HistoryUnavailable(f"{self._address.url}: it cuts answers short; raise its max-row-limit")
        return found

    def close(self) -> None:
        """See `Wire.close`."""
        self._pool.clear()


class _V1Wire(_Querying):
    """`/write`, which no library speaks any more: one request."""

    def __init__(self, address: InfluxAddress) -> None:
        account = f"{address.username}:{address.password}" if address.username else None
        super().__init__(address, urllib3.make_headers(basic_auth=account))
        parameters = urlencode({"db": address.bucket, "precision": "ns"})
        self._write_url = f"{self._url}/write?{parameters}"

    def write(self, lines: Sequence[bytes]) -> None:
        """See `Wire.write`."""
        for body in _bodies(lines):
            with told(self._address):
                response = self._pool.request(
                    "POST",
                    self._write_url,
                    body=gzip.compress(body, compresslevel=1),
                    headers={**self._pool.headers, "Content-Encoding": "gzip"},
                )
            if response.status not in (200, 204) and not _dropped_by_retention(response.status, response.data):
                raise _failure(self._address, response.status, response.data)

    def drop(self, measurement: str, before_ns: int) -> None:
        """See `Wire.drop`."""
        self.query([f'DELETE FROM "{measurement}" WHERE time < {before_ns}'])  # noqa: S608  a kind's own name


class _V2Wire(_Querying):
    """`/api/v2/write` by the client library."""

    def __init__(self, address: InfluxAddress) -> None:
        super().__init__(address, {"Authorization": f"Token {address.token}"})
        self._client = client_of(address)
        self._writing = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[bytes]) -> None:
        """See `Wire.write`."""
        for body in _bodies(lines):
            with told(self._address):
                self._write(body)

    def _write(self, body: bytes) -> None:
        try:
            self._writing.write(
                bucket=self._address.bucket, org=self._address.org, record=body, write_precision=WritePrecision.NS
            )
        except ApiException as error:
            if not _dropped_by_retention(error.status, error.body):
                raise

    def drop(self, measurement: str, before_ns: int) -> None:
        """See `Wire.drop`."""
        before = _EPOCH + timedelta(microseconds=before_ns // 1000)
        with told(self._address):
            self._client.delete_api().delete(
                _EPOCH,
                before,
                f'_measurement="{measurement}"',
                bucket=self._address.bucket,
                org=self._address.org,
            )

    def close(self) -> None:
        """See `Wire.close`."""
        super().close()
        self._client.close()


def client_of(address: InfluxAddress) -> InfluxDBClient:
    """The library's client for a 2.x address, with the patience of this module."""
    return InfluxDBClient(
        url=address.url.rstrip("/"),
        token=address.token,
        org=address.org,
        enable_gzip=True,
        timeout=(round(CONNECT_SECONDS * 1000), round(READ_SECONDS * 1000)),
        retries=_AGAIN,
    )


@contextmanager
def told(address: InfluxAddress) -> Iterator[None]:
    """Turns the libraries' errors into ours."""
    try:
        yield
    except ApiException as error:
        raise _failure(address, error.status or 0, error.body) from error
    except urllib3.exceptions.MaxRetryError as error:
        raise HistoryUnavailable(f"{address.url}: {error.reason}") from error
    except (urllib3.exceptions.HTTPError, InfluxDBError, OSError) as error:
        raise HistoryUnavailable(f"{address.url}: {error}") from error


def _bodies(lines: Sequence[bytes]) -> Iterator[bytes]:
    """The lines in requests of bounded size."""
    body: list[bytes] = []
    size = 0
    for line in lines:
        if body and (len(body) >= MOST_LINES or size + len(line) > MOST_BYTES):
            yield b"\n".join(body)
            body, size = [], 0
        body.append(line)
        size += len(line) + 1
    if body:
        yield b"\n".join(body)


def _dropped_by_retention(status: int, body: bytes | str | None) -> bool:
    """Whether all that a server did not take is older than it keeps. The rest is stored, and there is nothing to do."""
    dropped = status in _REFUSING and "retention policy" in _said(body)
    if dropped:
        log.info("history keeps nothing so old", said=_said(body)[:_TOLD_CHARS])
    return dropped


def _said(body: bytes | str | None) -> str:
    return body.decode(errors="replace").strip() if isinstance(body, bytes) else (body or "").strip()


def _failure(address: InfluxAddress, status: int, body: bytes | str | None) -> Exception:
    complaint = _complaint(address, status, body)
    return Refused(complaint) if status in _REFUSING else HistoryUnavailable(complaint)


def _complaint(address: InfluxAddress, status: int, body: bytes | str | None) -> str:
    remedy = ""
    if status in (401, 403):
        remedy = "; check the token, or user name and password"
    elif status == 404:
        remedy = f"; `watchkeeper history init` makes {address.bucket!r}"
    return f"{address.url} answered {status}: {_said(body)[:_TOLD_CHARS]}{remedy}"
