"""Mosquitto, the broker that `watchkeeper run` starts when it is installed.

Promises: a folder with all that one Mosquitto needs: configuration, password file, access list, and its own store.
Every file is for its owner alone. Passwords and access are read again on SIGHUP, without losing a connection.
Leaves to others: starting the process (`watchkeeper.supervisor`), who has which account
(`adapters.broker.credentials`).
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from adapters.broker.credentials import Credential, require_plain, write_private

LARGEST_MESSAGE_BYTES = 2 * 1024 * 1024
"""What a device may send (design, section 3)."""
LARGEST_PACKET_BYTES = LARGEST_MESSAGE_BYTES + 64 * 1024 + 16
"""The packet that holds it: payload, longest topic, header."""

_HASH_ROUNDS = 101
"""What `mosquitto_passwd` uses. Our passwords are 192 random bits: guessing them is hopeless without more rounds, and
ten thousand devices that come back together would keep the broker busy with them."""
_SALT_BYTES = 12

_CONFIGURATION = """\
# Written by Watchkeeper at every start: a change made here is lost.

# Who connects from where. Other machines cannot reach a loopback address.
{listeners}
# Nobody without an account. One list for all listeners: an account is the same on each.
per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/access

# Started by root, Mosquitto would become the user `mosquitto`, who cannot read these files. Started by anybody else,
# it stays who it is, whatever this says.
user root

# Sessions and their messages outlive the broker. They are saved every 30 s and at a stop: what a crash of the broker
# itself can cost is at most these seconds. (Saving on each change would stop the broker for each message.)
persistence true
persistence_location {folder}/
autosave_interval 30
autosave_on_changes false

# Messages that wait for a consumer that is slow or away. Mosquitto's own limit, 1000 of them, silently drops messages
# that it has acknowledged to their device; so the number is out of reach, and the limit is one by payload bytes, for
# each consumer: about 1.5 million readings. (0 would mean no number too, but with it Mosquitto 2.0 hangs up on whoever
# publishes a name that it may not: one such device would cut off all those behind its gateway.)
max_queued_messages 100000000
max_queued_bytes {queue_bytes}

# How many messages may be on their way to a consumer that did not say how many it takes. Ours say it.
max_inflight_messages 10000

# The largest packet: 2 MiB of payload, the longest topic, the header. Whoever sends a larger one is disconnected.
max_packet_size {packet_bytes}

# A session that nobody came back to is forgotten. Ours ask for a day themselves.
persistent_client_expiration 7d

# Whom to tell (SIGHUP) that accounts changed.
pid_file {folder}/mosquitto.pid

# Small messages leave at once.
set_tcp_nodelay true

# To standard error, where the supervisor reads it: what an operator should know, not each connection.
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
"""

_QUEUE_BYTES = 256 * 1024 * 1024

_LISTENER = "listener {port} {bind}\n"

_TLS = """\
# Encrypted, with this certificate; nothing older than TLS 1.2.
certfile {certificate}
keyfile {key}
tls_version tlsv1.2
"""

_DEVICE_CERTIFICATES = """\
# Nobody without a certificate that this authority signed. The name in it (CN) is the account: no password is asked for.
cafile {ca}
require_certificate true
use_identity_as_username true
"""


def find_mosquitto() -> Path | None:
    """The installed broker, also where Debian puts it for root alone; None without one."""
    search = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))
    found = shutil.which("mosquitto", path=search)
    return None if found is None else Path(found)


def mosquitto_command(program: Path, configuration: Path) -> list[str]:
    """The command that runs it in the foreground."""
    return [str(program), "-c", str(configuration)]


def write_mosquitto_files(
    folder: Path,
    *,
    port: int,
    credentials: Sequence[Credential],
    bind: str = "127.0.0.1",
    certificate: tuple[Path, Path] | None = None,
    device_ca: Path | None = None,
    inner_port: int | None = None,
) -> Path:
    """Write everything into `folder` (made where missing) and return the configuration's path.

    `certificate` is a PEM certificate and its key, for TLS. `device_ca` (PEM, only with a certificate) signs devices'
    certificates: the account of each is the name (CN) in its own. `inner_port` adds a plain listener on loopback, for
    our own services beside one with TLS. Raises OSError where the folder cannot be written,
    ValueError for a folder that the configuration cannot name.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    home = folder.resolve()
    if any(character in str(home) for character in "\r\n"):
        raise ValueError(f"a broker's folder cannot have a line break in its name: {home}")
    write_accounts(home, credentials)
    configuration = home / "mosquitto.conf"
    write_private(
        configuration,
        _CONFIGURATION.format(
            listeners=_listeners(port, bind, certificate, device_ca, inner_port),
            folder=home,
            queue_bytes=_QUEUE_BYTES,
            packet_bytes=LARGEST_PACKET_BYTES,
        ).encode(),
    )
    return configuration


def _listeners(
    port: int, bind: str, certificate: tuple[Path, Path] | None, device_ca: Path | None, inner_port: int | None
) -> str:
    text = _LISTENER.format(port=port, bind=bind)
    if certificate is not None:
        text += _TLS.format(certificate=certificate[0].resolve(), key=certificate[1].resolve())
    if device_ca is not None:
        text += _DEVICE_CERTIFICATES.format(ca=device_ca.resolve())
    if inner_port is not None:
        text += _LISTENER.format(port=inner_port, bind="127.0.0.1")
    return text


def tell_accounts_changed(folder: Path) -> bool:
    """Let the broker that runs on this folder read its accounts again; whether there was one to tell."""
    try:
        pid = int((folder / "mosquitto.pid").read_text())
        if not _runs_on(folder, pid):
            return False
        os.kill(pid, signal.SIGHUP)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    return True


def _runs_on(folder: Path, pid: int) -> bool:
    """Whether that process is this folder's broker: after a crash the number may belong to somebody else."""
    command = Path(f"/proc/{pid}/cmdline")
    return not command.parent.parent.joinpath("self").exists() or str(folder.resolve()).encode() in command.read_bytes()


def write_accounts(folder: Path, credentials: Sequence[Credential]) -> None:
    """Write the password file and the access list alone. A running broker reads them again on SIGHUP.

    Raises ValueError, as `require_plain`, before anything is written.
    """
    require_plain(credentials)
    write_private(folder / "passwords", "".join(map(password_line, credentials)).encode())
    write_private(folder / "access", "\n".join(map(_access_of, credentials)).encode())


def password_line(credential: Credential) -> str:
    """`user:$7$rounds$salt$hash`: PBKDF2 with SHA-512, as `mosquitto_passwd` writes it."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", credential.password.encode(), salt, _HASH_ROUNDS)
    return f"{credential.username}:$7${_HASH_ROUNDS}${_base64(salt)}${_base64(digest)}\n"


def _access_of(credential: Credential) -> str:
    lines = [f"user {credential.username}"]
    lines += [f"topic write {topic}" for topic in credential.publish]
    lines += [f"topic read {topic}" for topic in credential.subscribe]
    return "\n".join(lines) + "\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
