"""Backup and restore."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import Unavailable
from watchkeeper.commands import options

_MIB = 1024 * 1024


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What the disk refuses, as one sentence. Raises Unavailable."""
    try:
        yield
    except (OSError, shutil.Error) as error:
        raise Unavailable(f"{folder} cannot be written, or what is to be copied cannot be read: {error}") from error


def backup(
    context: typer.Context,
    to: Annotated[Path, typer.Option("--to", help="Folder to make, which does not exist yet")],
    config: options.Config = None,
    data: options.Data = None,
    http_host: options.HttpHost = None,
    http_port: options.HttpPort = None,
    http_certificate: options.HttpCertificate = None,
    http_key: options.HttpKey = None,
    insecure_lan: options.InsecureLan = None,
) -> None:
    """Copy ledger, history, key, anchors, passwords and config into a folder, while everything runs.

    It holds every secret of the installation: keep it where only its keepers read.
    """
    settings = options.settings_of(context)
    from watchkeeper.backup import back_up

    with _told(to):
        made = back_up(settings, to.absolute(), datetime.now(UTC))
    typer.echo(f"{to}: {len(made.files)} files, {made.size_bytes / _MIB:.1f} MiB")
    typer.echo(f"history: {made.history}")


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Option("--from", help="The backup")],
    data: options.Data = None,
) -> None:
    """Make an empty data folder from a backup, and verify what is in it. Exit code 6 when its ledger is damaged."""
    settings = options.settings_of(context)
    from watchkeeper.restore import restore as restore_backup

    with _told(settings.data):
        made = restore_backup(settings, source.absolute(), typer.echo)
    typer.echo(f"restored as of {made.made_at.isoformat(timespec='seconds')}, made by version {made.version}")
    typer.echo(f"history: {made.history}")
    typer.echo(f"its config is in {settings.data / 'config'}; to use it, start with --config")
