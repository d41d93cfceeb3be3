"""`channels.toml`: how people are told outside the console.

Promises: every channel is declared once, with TLS unless its server is on this machine; a secret is never in the file:
it is named as `env:VARIABLE` or `file:/path` (a file that only its owner can read). Leaves to others: reading secrets
and opening channels (`watchkeeper.notifiers`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog

from adapters.notify.email import MailTls
from adapters.notify.webhook import WebhookForm
from domain.notices import CONSOLE, Channel, ChannelType
from domain.texts import Text
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import convert, each_table, read_toml, tables
from watchkeeper.settings import is_loopback

FILE = "channels.toml"

log = structlog.get_logger(__name__)

LEAST_GIVE_UP = timedelta(minutes=10)
MOST_CHANNELS = 20
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_SECRET = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+)")
_CONSOLE_TITLE = Text("console", "控制台", "控制台")


class _Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    title: Text
    give_up_after: timedelta = timedelta(hours=26)


class ConsoleSpec(_Spec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing leaves: the console and the event stream show it."""


class WebhookSpec(_Spec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An HTTP receiver. `url` may be a secret; `key` is one."""

    url: str
    form: WebhookForm = WebhookForm.CLOUDEVENTS
    key: str | None = None
    ca: str | None = None
    tells_end: bool = True


class MqttSpec(_Spec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our own broker."""

    tells_end: bool = True


class EmailSpec(_Spec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail server. `password` is a secret."""

    host: str
    sender: str
    port: int = 587
    tls: MailTls = MailTls.STARTTLS
    username: str | None = None
    password: str | None = None
    ca: str | None = None
    tells_end: bool = False


class AppriseSpec(_Spec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service that Apprise speaks. `address` is a secret; `personal` when it has a place for `{contact}`."""

    address: str
    personal: bool = False
    tells_end: bool = False


ChannelSpec = ConsoleSpec | WebhookSpec | MqttSpec | EmailSpec | AppriseSpec

_SPECS: dict[ChannelType, type[ChannelSpec]] = {
    ChannelType.CONSOLE: ConsoleSpec,
    ChannelType.WEBHOOK: WebhookSpec,
    ChannelType.MQTT: MqttSpec,
    ChannelType.EMAIL: EmailSpec,
    ChannelType.APPRISE: AppriseSpec,
}
_TYPES = {spec: type for type, spec in _SPECS.items()}


def load_channels(folder: Path, problems: Problems) -> dict[str, ChannelSpec]:
    """The channels by name. What is wrong is noted."""
    raw = read_toml(folder / FILE)
    tables(raw, ("channel",), problems)
    found: dict[str, ChannelSpec] = {}
    for place, table in each_table(raw, "channel", problems):
        spec = _read(table, place, problems)
        if spec is None:
            continue
        if not _NAME.fullmatch(spec.name):
            problems.add(f"{place}.name", f"{spec.name!r} is not a name", "Use letters, digits, _ and -.")
        if spec.name in found or spec.name == CONSOLE:
            problems.add(f"{place}.name", f"there is a channel {spec.name!r} already", "Name one of them differently.")
            continue
        found[spec.name] = spec
        _check(spec, place, problems)
    if len(found) > MOST_CHANNELS:
        problems.add("channel", f"there are {len(found)} channels", f"Keep at most {MOST_CHANNELS}.")
    return found


def as_channels(specs: Mapping[str, ChannelSpec]) -> dict[str, Channel]:
    """The channels as the core knows them, the console among them."""
    console = Channel(name=CONSOLE, type=ChannelType.CONSOLE, title=_CONSOLE_TITLE)
    return {CONSOLE: console, **{name: _channel(spec) for name, spec in specs.items()}}


def declared(specs: Mapping[str, ChannelSpec]) -> dict[str, dict[str, Any]]:
    """The channels as plain values, to be kept with a revision. Secrets are in there by name only."""
    return {name: {"type": _TYPES[type(spec)].value, **msgspec.to_builtins(spec)} for name, spec in specs.items()}


def read_declared(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, ChannelSpec]:
    """The opposite of `declared`, but for channels that this version cannot read, which are left out."""
    found: dict[str, ChannelSpec] = {}
    for name, fields in kept.items():
        rest = {key: value for key, value in fields.items() if key != "type"}
        try:
            found[name] = msgspec.convert(rest, _SPECS[ChannelType(str(fields.get("type")))])
        except (msgspec.ValidationError, ValueError) as error:
            log.error("channel_unreadable", channel=name, error=str(error))  # noqa: TRY400  a sentence, no trace
    return found


def _channel(spec: ChannelSpec) -> Channel:
    personal = isinstance(spec, EmailSpec) or (isinstance(spec, AppriseSpec) and spec.personal)
    tells_end = not isinstance(spec, ConsoleSpec) and spec.tells_end
    return Channel(
        name=spec.name,
        type=_TYPES[type(spec)],
        title=spec.title,
        personal=personal,
        tells_end=tells_end,
        give_up_after=spec.give_up_after,
    )


def _read(table: dict[str, Any], place: str, problems: Problems) -> ChannelSpec | None:
    word = table.get("type")
    if word not in [type.value for type in ChannelType]:
        if word is None:
            problems.add(place, "it lacks the key 'type'", f"Use one of: {', '.join(ChannelType)}.")
        else:
            problems.unknown(f"{place}.type", "type of channel", str(word), list(ChannelType))
        return None
    rest = {key: value for key, value in table.items() if key != "type"}
    return convert(rest, _SPECS[ChannelType(str(word))], place, problems)


def _check(spec: ChannelSpec, place: str, problems: Problems) -> None:
    if spec.give_up_after < LEAST_GIVE_UP:
        problems.add(f"{place}.give_up_after", "too short to be tried a few times", 'Write "10m" or longer.')
    match spec:
        case WebhookSpec(url=url, key=key):
            _check_secret(key, f"{place}.key", problems)
            if not _SECRET.fullmatch(url):
                check_url(url, f"{place}.url", problems)
        case EmailSpec(host=host, tls=tls, password=password):
            _check_secret(password, f"{place}.password", problems)
            if tls is MailTls.NONE and not is_loopback(host):
                problems.add(f"{place}.tls", "mail would leave this machine unprotected", 'Write tls = "starttls".')
        case AppriseSpec(address=address):
            _check_secret(address, f"{place}.address", problems)
        case _:
            pass


def check_url(url: str, place: str, problems: Problems) -> None:
    """Note what makes an address no receiver: not HTTP, or in clear to another machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or host is None:
        problems.add(place, "it is not an http or https address", "Write https://host/path.")
    elif parts.scheme == "http" and not is_loopback(host):
        problems.add(place, "notices would leave this machine in clear", "Write https://.")


def _check_secret(secret: str | None, place: str, problems: Problems) -> None:
    if secret is not None and not _SECRET.fullmatch(secret):  # what stands there may be one: it is not repeated
        problems.add(place, "a secret does not belong in this file", 'Write "env:VARIABLE" or "file:/path".')
