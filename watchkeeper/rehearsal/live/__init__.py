"""Live: a scenario against a server that runs, by MQTT and through its API, in its own time.

One file for each: what can be played so and how it goes (`play`), what people do (`hands`), what is compared (`looks`),
the server (`server`).
"""

from watchkeeper.rehearsal.live.play import LivePlay, why_not_live
from watchkeeper.rehearsal.live.server import Server

__all__ = ["LivePlay", "Server", "why_not_live"]
