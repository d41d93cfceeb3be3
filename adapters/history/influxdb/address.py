"""Where an InfluxDB is, and as whom to ask it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Mode(StrEnum):
    """Which of its two ways of writing a server is spoken to. Reading is InfluxQL on `/query` in both."""

    V1 = "v1"  # `/write`: InfluxDB 1.6 or newer, and what is compatible with it; user name and password
    V2 = "v2"  # `/api/v2/write`: InfluxDB 2.x and 3.x; organisation and token


@dataclass(frozen=True, kw_only=True)
class InfluxAddress:
    """`bucket` is the database of 1.x. `username` and `password` are for `v1`, `org` and `token` for `v2`."""

    url: str
    mode: Mode
    bucket: str
    org: str = ""
    token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
