"""The broker that comes with pip: rumqttd inside the wheel `iotcore`, for machines without Mosquitto.

Promises: a child process that listens on two ports of one machine: devices of MQTT 3.1.1 on the public one, our own
MQTT 5 sessions on an inner one that is always loopback. Every account has a password. Payloads up to 2 MiB.

For trying out and for small installations. What it does not do, measured with iotcore 0.4.0 (rumqttd 0.20):

- nothing is durable: a stop or crash loses sessions, retained messages and what was not taken yet;
- accounts have no topics: whoever signs in may publish as any device;
- it ignores receive maximum and session expiry, and sends 100 unacknowledged messages at most; while they are
  unacknowledged it answers nothing else on that connection, neither a subscription nor a publication;
- a client must ask for a keep-alive: 0 ends its connection at once;
- accounts are read at its start alone.

Hence the default of loopback, and Mosquitto for everything else. Leaves to others: starting and stopping the process
(`watchkeeper.supervisor`).
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.broker.credentials import Credential, require_plain, write_private
from adapters.broker.mosquitto import LARGEST_PACKET_BYTES

MOST_UNACKNOWLEDGED = 100
"""What it sends at most before it wants acknowledgements; the receive maximum for sessions there."""

_ROUTER = """\
# Written by Watchkeeper at every start: a change made here is lost.
id = 0

# What waits for consumers, for each topic: ten segments of 10 MiB, then the oldest goes.
[router]
id = 0
max_connections = 10000
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
"""

_LISTENER = """
[{version}.1]
name = "{name}"
listen = "{bind}:{port}"
next_connection_delay_ms = 1

[{version}.1.connections]
connection_timeout_ms = 60000
max_payload_size = {packet_bytes}
max_inflight_count = {unacknowledged}
# Topics appear when the first message comes.
dynamic_filters = true

[{version}.1.connections.auth]
{accounts}
"""


def write_embedded_config(
    folder: Path, *, port: int, inner_port: int, credentials: Sequence[Credential], bind: str = "127.0.0.1"
) -> Path:
    """Write the broker's configuration, passwords included, for its owner alone; return its path.

    `port` is for devices (MQTT 3.1.1, at `bind`), `inner_port` for our sessions (MQTT 5, always loopback). Raises
    OSError where the folder cannot be written, ValueError for accounts that the file cannot hold.
    """
    require_plain(credentials)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "embedded.toml"
    accounts = "\n".join(f'"{each.username}" = "{each.password}"' for each in credentials)
    listeners = [
        _LISTENER.format(
            version=version,
            name=name,
            bind=address,
            port=number,
            packet_bytes=LARGEST_PACKET_BYTES,
            unacknowledged=MOST_UNACKNOWLEDGED,
            accounts=accounts,
        )
        for version, name, address, number in (
            ("v4", "devices", bind, port),
            ("v5", "services", "127.0.0.1", inner_port),
        )
    ]
    write_private(file, (_ROUTER + "".join(listeners)).encode())
    return file


def embedded_command(config: Path) -> list[str]:
    """The command that runs it in the foreground."""
    return [sys.executable, "-m", "adapters.broker.embedded", "--config", str(config)]


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m adapters.broker.embedded", description="The embedded MQTT broker.")
    parser.add_argument("--config", type=Path, required=True, help="file made by write_embedded_config")
    config: Path = parser.parse_args().config
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # It writes a record of level ERROR for every packet, as a span of its tracing.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    from iotcore.iotcore import IotCoreBroker

    IotCoreBroker(config_path=str(config)).run_forever()


if __name__ == "__main__":
    main()
