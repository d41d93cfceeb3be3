"""History in an InfluxDB server of 1.6 or newer, 2.x or 3.x.

Promises: the port of `domain.ports.history`; any number of processes may open it. How readings lie there and what an
identity is: `fields` and `docs/decisions/0060-influxdb.md`.
"""

from adapters.history.influxdb.address import InfluxAddress, Mode
from adapters.history.influxdb.preparing import prepare
from adapters.history.influxdb.store import InfluxHistory

__all__ = ["InfluxAddress", "InfluxHistory", "Mode", "prepare"]
