"""How long decoding takes: microseconds of CPU a message, on this machine.

Run it with `python bench/decode.py`. The target is under 8 us for a good telemetry message of 180 bytes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from devices.decode import decode
from devices.registry import kinds
from domain.kinds import Kind
from domain.readings import Message

NOW_MS = 1_763_712_000_500
REPEATS = 100_000

_USUAL = (
    b'{"ts":1763712000000,"values":{"floor":12,"direction":"up","door":"closed","door_zone":false,"speed_mps":1.75,'
    b'"load_pct":35,"motor_temp_c":48.5,"mode":"normal","passenger":true,"fault_code":"0"}}'
)

CASES = {
    "usual": _USUAL,
    "RFC 3339": _USUAL.replace(b"1763712000000", b'"2025-11-21T16:00:00+08:00"'),
    "one metric bad": _USUAL.replace(b"48.5", b"4850"),
    "one metric unknown": _USUAL.replace(b"load_pct", b"vendor_x"),
    "key twice": _USUAL.replace(b"load_pct", b"floor"),
    "not JSON": _USUAL[:-1],
}


def main() -> None:
    """Print a line for each case."""
    known = kinds()
    for name, payload in CASES.items():
        message = Message("wk/v1/main/elevator/E-01/telemetry", payload, NOW_MS)
        best_s = min(_timed(message, known) for _ in range(3))
        decoded = decode(message, known)
        found = f"{len(decoded.readings)} readings, {len(decoded.rejects)} rejects"
        print(f"{name:20} {len(payload):4} bytes  {best_s / REPEATS * 1e6:6.2f} us  {found}")


def _timed(message: Message, known: Mapping[str, Kind]) -> float:
    begun = time.process_time()
    for _ in range(REPEATS):
        decode(message, known)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
