"""A history in InfluxDB keeps the port's promises: a real 1.x always, a real 2.x where an address is given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest

from adapters.history.influxdb import InfluxAddress, InfluxHistory, Mode, prepare
from tests.contracts.history import HistoryContract, OpenHistory
from tests.contracts.history_samples import KINDS
from tests.influx_fixtures import InfluxServer

_SERVER_2 = os.environ.get("WATCHKEEPER_TEST_INFLUX2_URL")
_numbers = count()


def opener(address: InfluxAddress) -> Iterator[OpenHistory]:
    prepare(address, None)
    opened: list[InfluxHistory] = []

    def open_it() -> InfluxHistory:
        opened.append(InfluxHistory(address, KINDS))
        return opened[-1]

    yield open_it
    for history in opened:
        history.close()


class TestInfluxDB1(HistoryContract):
    @pytest.fixture
    def open_history(self, influx_server: InfluxServer) -> Iterator[OpenHistory]:
        yield from opener(InfluxAddress(url=influx_server.url, mode=Mode.V1, bucket=f"contract_{next(_numbers)}"))


@pytest.mark.skipif(_SERVER_2 is None, reason="WATCHKEEPER_TEST_INFLUX2_URL, _ORG and _TOKEN name no InfluxDB 2.x")
class TestInfluxDB2(HistoryContract):
    @pytest.fixture
    def open_history(self) -> Iterator[OpenHistory]:
        assert _SERVER_2 is not None
        address = InfluxAddress(
            url=_SERVER_2,
            mode=Mode.V2,
            bucket=f"contract_{os.getpid()}_{next(_numbers)}",
            org=os.environ["WATCHKEEPER_TEST_INFLUX2_ORG"],
            token=os.environ["WATCHKEEPER_TEST_INFLUX2_TOKEN"],
        )
        yield from opener(address)
